type Group = Readonly<Record<string, unknown>>;

interface Device {
  readonly DeviceName?: string;
  readonly IotThingName?: string;
}

/**
 * A fleet is a thing group here: one command for each device.
 * @param document of `aws sagemaker list-devices`, of `describe-device-fleet`, or both in one object
 */
export function migrateFleet(document: Group) {
  const devices = (document['DeviceSummaries'] ?? []) as readonly (Device & { readonly DeviceFleetName?: string })[];
  const role = typeof document['RoleArn'] === 'string' ? document['RoleArn'] : 'ROLE_ARN';
  const nameOfAll = document['DeviceFleetName'];
  const result = devices.map(({ DeviceName: name = '', IotThingName: thing, DeviceFleetName: fleet }) => {
    const group = fleet ?? (typeof nameOfAll === 'string' ? nameOfAll : 'FLEET');
    return `edgeml provision ${thing ?? name} --group ${group} --role-arn ${role}`;
  });
  const renamed = devices.filter(({ DeviceName: name, IotThingName: thing }) => thing !== undefined && thing !== name);
  return {
    result,
    notes: [
      ...(devices.length === 0
        ? [
            'No device is named. Add what `aws sagemaker list-devices --device-fleet-name NAME` prints to the same file.',
          ]
        : []),
      ...(role === 'ROLE_ARN'
        ? ['Put the role of the fleet (RoleArn of describe-device-fleet) in the place of ROLE_ARN.']
        : []),
      ...renamed.map(
        ({ DeviceName: name, IotThingName: thing }) =>
          `${thing} was registered as ${name}: set DeviceName to ${name} if captured data are to go by that name.`,
      ),
      'Devices whose things exist already keep their certificates: provision uses what is there.',
    ],
  };
}
