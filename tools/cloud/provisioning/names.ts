import { textDigest } from '../digest.ts';
import { cloudErrors } from '../errors.ts';

/** Pattern of AWS IoT; a thing's name is its Greengrass core device's name and its MQTT client id too. */
export function checkThingName(name: string): void {
  if (/^[a-zA-Z0-9:_-]{1,128}$/.test(name)) return;
  throw cloudErrors.error('provision.name', `"${name}" is not a name for a device`);
}

const MAX_POLICY_NAME = 128;

/** Name of a device's own policy: things may have colons in their names, policies not. */
export function policyNameOf(thingName: string): string {
  const name = `EdgeML-${thingName.replaceAll(':', '.')}`;
  if (name.length <= MAX_POLICY_NAME) return name;
  const end = `-${textDigest(thingName).hex.slice(0, 16)}`;
  return `${name.slice(0, MAX_POLICY_NAME - end.length)}${end}`;
}

export function checkRoleArn(arn: string): void {
  if (/^arn:[^:]*:iam::\d{12}:role\/\S+$/.test(arn)) return;
  throw cloudErrors.error(
    'provision.name',
    `"${arn}" is not the ARN of a role, such as arn:aws:iam::123456789012:role/name`,
  );
}
