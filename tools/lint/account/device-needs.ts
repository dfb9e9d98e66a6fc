import { mqttTopics, TOPIC_TEMPLATES } from '#packages/ipc';

/** An action that a device asks of AWS. */
export interface Need {
  /** The caller: the role that the device takes by its role alias, or its certificate. */
  readonly by: 'role' | 'certificate';
  readonly action: string;
  /** ARN; `*` stands for what is not known here. */
  readonly resource: string;
  /** The function that fails without it. */
  readonly why: string;
  /** `info`: only once a component of AWS is deployed besides. */
  readonly severity: 'error' | 'warning' | 'info';
}

export interface DeviceSubject {
  readonly thing: string;
  readonly roleAlias: string;
  readonly artifactBuckets: readonly string[];
  readonly sampleBuckets: readonly string[];
  /** Names of the components that the device may have. */
  readonly components: readonly string[];
  /** Partition, region and account; default `*`. */
  readonly place?: { readonly partition: string; readonly region: string; readonly account: string };
}

/**
 * All that a device with these components asks of AWS. The nucleus' part is from its source (aws-greengrass-nucleus: S3Downloader and
 * S3SdkClientFactory; MqttClient, of which each takes 50 subscriptions; IotJobsHelper, ShadowDeploymentListener, FleetStatusService), that of the log manager from CloudWatchAttemptLogsProcessor;
 * the components' part from packages/object-store and TOPIC_TEMPLATES.
 */
export function deviceNeeds(subject: DeviceSubject): readonly Need[] {
  return [...roleNeeds(subject), ...certificateNeeds(subject)];
}

const UPLOADER = 'edgeml.FeedbackUploader';
const AGENT = 'edgeml.InferenceAgent';
const APP = 'edgeml.InferenceApp';

function roleNeeds({ artifactBuckets, sampleBuckets, components, place }: DeviceSubject): readonly Need[] {
  const { partition, region, account } = place ?? ANYWHERE;
  const need = (action: string, resource: string, why: string, severity: Need['severity'] = 'error'): Need => ({
    by: 'role',
    action,
    resource,
    why,
    severity,
  });
  const bucket = (name: string): string => `arn:${partition}:s3:::${name}`;
  const group = `arn:${partition}:logs:${region}:${account}:log-group:/aws/greengrass/UserComponent/${region}/${AGENT}`;
  const logs = 'the log manager does not bring logs to CloudWatch';
  const samples = components.includes(UPLOADER)
    ? `${UPLOADER} does not upload samples`
    : `${AGENT} does not upload captured data`;
  return [
    ...artifactBuckets.flatMap((name) => [
      need(
        's3:GetBucketLocation',
        bucket(name),
        'the nucleus asks for the region of a bucket before each artifact, and fails the deployment if it may not',
      ),
      need('s3:GetObject', `${bucket(name)}/${AGENT}/1.0.0/agent.zip`, 'the nucleus does not get artifacts'),
    ]),
    ...(components.includes(UPLOADER) || components.includes(AGENT) ? sampleBuckets : []).flatMap((name) => {
      const severity = components.includes(UPLOADER) ? 'error' : 'warning';
      const key = `${bucket(name)}/street/2026/11/26/one.jpg`;
      return [
        need('s3:PutObject', key, samples, severity),
        need('s3:AbortMultipartUpload', key, 'parts of large uploads that were given up are paid for', 'warning'),
      ];
    }),
    need('logs:CreateLogGroup', group, logs, 'warning'),
    need('logs:DescribeLogStreams', group, logs, 'warning'),
    need('logs:CreateLogStream', `${group}:log-stream:/2026/11/26/thing/gateway-7`, logs, 'warning'),
    need('logs:PutLogEvents', `${group}:log-stream:/2026/11/26/thing/gateway-7`, logs, 'warning'),
  ];
}

function certificateNeeds({ thing, roleAlias, components, place }: DeviceSubject): readonly Need[] {
  const { partition, region, account } = place ?? ANYWHERE;
  const iot = (action: string, kind: string, name: string, why: string): Need => ({
    by: 'certificate',
    action: `iot:${action}`,
    resource: `arn:${partition}:iot:${region}:${account}:${kind}/${name}`,
    why,
    severity: 'error',
  });
  const aws = `$aws/things/${thing}`;
  const shadow = `${aws}/shadow/name/AWSManagedGreengrassV2Deployment`;
  const deployments = 'the nucleus does not get deployments';
  const feedback = `${UPLOADER} does not announce samples`;
  const topics = [
    ...[`${aws}/jobs/$next/get`, `${aws}/jobs/job-1/update`].map((topic) => [topic, deployments] as const),
    ...[`${shadow}/get`, `${shadow}/update`].map((topic) => [topic, deployments] as const),
    ...[`${aws}/greengrass/health/json`, `${aws}/greengrassv2/health/json`].map(
      (topic) => [topic, 'Greengrass does not hear how the device is'] as const,
    ),
    ...of(components, AGENT, [
      [mqttTopics.heartbeat(thing), `heartbeats of ${AGENT} do not arrive: no gate of promote would pass`],
      [mqttTopics.events(thing), `events of ${AGENT} do not arrive`],
      [mqttTopics.state(thing), `the fleet index does not learn the state that ${AGENT} reports`],
    ]),
    ...of(components, APP, [[mqttTopics.results(thing, 'line-3'), `results of ${APP} do not arrive`]]),
    ...of(components, UPLOADER, [
      [TOPIC_TEMPLATES.mqttFeedbackStatus.replace('{thing}', thing), feedback],
      [TOPIC_TEMPLATES.mqttFeedbackPrediction.replace('{thing}', thing), feedback],
    ]),
  ];
  const hears = [
    `${aws}/jobs/notify-namespace-aws-gg-deployment`,
    `${aws}/jobs/$next/namespace-aws-gg-deployment/get/accepted`,
    `${aws}/jobs/job-1/namespace-aws-gg-deployment/update/rejected`,
    `${shadow}/update/accepted`,
    `${shadow}/get/accepted`,
  ];
  const further = 'the nucleus opens further MQTT clients when one has 50 subscriptions, and they cannot connect';
  return [
    iot('Connect', 'client', thing, 'the device does not connect'),
    ...[`${thing}#2`, `${thing}#3`].map((client) => iot('Connect', 'client', client, further)),
    ...topics.map(([topic, why]) => iot('Publish', 'topic', topic, why)),
    ...hears.flatMap((topic) => [
      iot('Subscribe', 'topicfilter', topic, deployments),
      iot('Receive', 'topic', topic, deployments),
    ]),
    iot(
      'AssumeRoleWithCertificate',
      'rolealias',
      roleAlias,
      'no component gets keys of the role: no artifacts, no uploads',
    ),
    ...Object.entries(DATA_PLANE).map(([name, why]) => ({
      by: 'certificate' as const,
      action: `greengrass:${name}`,
      resource: '*',
      why,
      severity: 'error' as const,
    })),
  ];
}

type Use = readonly [topic: string, why: string];

function of(components: readonly string[], component: string, uses: readonly Use[]): readonly Use[] {
  return components.includes(component) ? uses : [];
}

const ANYWHERE = { partition: '*', region: '*', account: '*' };

const DATA_PLANE: Readonly<Record<string, string>> = {
  ResolveComponentCandidates: 'the nucleus does not find component versions',
  GetComponentVersionArtifact: 'the nucleus does not find artifacts',
  GetDeploymentConfiguration: 'the nucleus does not get the configuration of large deployments',
  ListThingGroupsForCoreDevice: 'the nucleus does not know which groups the device is in',
};
