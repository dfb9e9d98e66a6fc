import { TOPIC_TEMPLATES } from '#packages/ipc';

/**
 * What a core device may do on AWS IoT: connect as itself, its jobs, deployments and shadows, the topics of the collection below
 * its own name, and keys from the role alias (AWS IoT Greengrass V2 developer guide, "Minimal AWS IoT policy for core devices").
 * The variable stands for the name of whichever thing uses the certificate, so that one policy serves the fleet.
 */
export function devicePolicy({ region, account, roleAlias }: PolicySubject): string {
  const thing = '${iot:Connection.Thing.ThingName}';
  const arn = (kind: string, name: string): string => `arn:aws:iot:${region}:${account}:${kind}/${name}`;
  const own = [
    `$aws/things/${thing}/greengrass/health/json`,
    `$aws/things/${thing}/greengrassv2/health/json`,
    `$aws/things/${thing}/jobs/*`,
    `$aws/things/${thing}/shadow/*`,
  ];
  const ours = mqttTopicsOf(thing);
  const statement = (Action: readonly string[], Resource: readonly string[]) => ({ Effect: 'Allow', Action, Resource });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      statement(['iot:Connect'], [arn('client', `${thing}*`)]),
      statement(
        ['iot:Publish', 'iot:Receive'],
        [...own, ...ours].map((topic) => arn('topic', topic)),
      ),
      statement(
        ['iot:Subscribe'],
        [...own, ...ours].map((topic) => arn('topicfilter', topic)),
      ),
      statement(
        [
          'greengrass:GetComponentVersionArtifact',
          'greengrass:ResolveComponentCandidates',
          'greengrass:GetDeploymentConfiguration',
          'greengrass:ListThingGroupsForCoreDevice',
        ],
        ['*'],
      ),
      statement(['iot:AssumeRoleWithCertificate'], [arn('rolealias', roleAlias)]),
    ],
  });
}

export interface PolicySubject {
  readonly region: string;
  readonly account: string;
  readonly roleAlias: string;
}

/** Every topic of the collection on AWS IoT lies below the name of its device. */
function mqttTopicsOf(thing: string): readonly string[] {
  const root = TOPIC_TEMPLATES.mqttResults.split('/{thing}/')[0];
  return [`${root}/${thing}/*`];
}
