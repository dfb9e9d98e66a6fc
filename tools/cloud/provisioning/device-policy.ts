import { TOPIC_TEMPLATES } from '#packages/ipc';

export interface PolicySubject {
  /** `aws`, `aws-cn`, `aws-us-gov`: the second part of every ARN. */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly roleAlias: string;
  readonly thingName: string;
}

/**
 * The permissions of one core device on AWS IoT: connect as itself, its jobs, deployments and shadows, the topics of the collection
 * below its own name, and keys from the role alias (AWS IoT Greengrass V2 developer guide, "Minimal AWS IoT policy for core
 * devices"). Thing policy variables would make one policy serve the fleet, but core devices do not support them, and a
 * wildcard for all names would let each device speak for the others: so each device has a policy with its name in it.
 *
 * Everything below `$aws/things/<name>/` is the device's own, and policies of AWS IoT end at 2,048 characters: one wildcard
 * stands for health, jobs and shadows.
 */
export function devicePolicy({ partition, region, account, roleAlias, thingName }: PolicySubject): string {
  const arn = (kind: string, name: string): string => `arn:${partition}:iot:${region}:${account}:${kind}/${name}`;
  const topics = [`$aws/things/${thingName}/*`, `${MQTT_ROOT}/${thingName}/*`];
  const statement = (Action: readonly string[], Resource: readonly string[]) => ({ Effect: 'Allow', Action, Resource });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      // The nucleus opens further clients, thing#2, thing#3, …, when one has 50 subscriptions. gateway-1* would be gateway-10, too.
      statement(['iot:Connect'], [arn('client', thingName), arn('client', `${thingName}#*`)]),
      statement(
        ['iot:Publish', 'iot:Receive'],
        topics.map((topic) => arn('topic', topic)),
      ),
      statement(
        ['iot:Subscribe'],
        topics.map((topic) => arn('topicfilter', topic)),
      ),
      // The data plane does not take a narrower resource: only its deployments know which components a device will need.
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

/** Every topic of the collection on AWS IoT lies below the name of its device. */
const [MQTT_ROOT = ''] = TOPIC_TEMPLATES.mqttResults.split('/{thing}/');
