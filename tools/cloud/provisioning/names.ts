import { cloudErrors } from '../errors.ts';

/** Pattern of AWS IoT; a thing's name is its Greengrass core device's name and its MQTT client id too. */
export function checkThingName(name: string): void {
  if (/^[a-zA-Z0-9:_-]{1,128}$/.test(name)) return;
  throw cloudErrors.error('provision.name', `"${name}" is not a name for a device`);
}

export function checkRoleArn(arn: string): void {
  if (/^arn:[^:]*:iam::\d{12}:role\/\S+$/.test(arn)) return;
  throw cloudErrors.error(
    'provision.name',
    `"${arn}" is not the ARN of a role, such as arn:aws:iam::123456789012:role/name`,
  );
}
