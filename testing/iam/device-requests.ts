import { mqttTopics, TOPIC_TEMPLATES } from '#packages/ipc';
import { ACCOUNT, REGION } from '../cloud/greengrass.ts';
import type { Permission } from './permissions.ts';

/**
 * Requests that a device sends to AWS with the role that it takes by its role alias.
 *
 * The nucleus (S3Downloader, S3SdkClientFactory of aws-greengrass-nucleus): the bucket's region, HeadObject and GetObject for each
 * artifact. The log manager (CloudWatchAttemptLogsProcessor): groups, streams, events. edgeml.FeedbackUploader
 * (packages/object-store): PutObject, and the parts of large samples, which it takes back if they do not come to an end.
 */
export function roleRequests(artifactBuckets: readonly string[], sampleBucket: string): readonly Permission[] {
  const bucket = (name: string): string => `arn:aws:s3:::${name}`;
  const group = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/greengrass/UserComponent/${REGION}/edgeml.InferenceAgent`;
  return [
    ...artifactBuckets.flatMap((name) => [
      { action: 's3:GetBucketLocation', resource: bucket(name) },
      { action: 's3:GetObject', resource: `${bucket(name)}/edgeml.InferenceAgent/1.0.0/agent.zip` },
    ]),
    { action: 's3:PutObject', resource: `${bucket(sampleBucket)}/street/2026/11/26/one.jpg` },
    { action: 's3:AbortMultipartUpload', resource: `${bucket(sampleBucket)}/street/2026/11/26/one.jpg` },
    { action: 'logs:CreateLogGroup', resource: group },
    { action: 'logs:DescribeLogStreams', resource: group },
    { action: 'logs:CreateLogStream', resource: `${group}:log-stream:/2026/11/26/thing/gateway-7` },
    { action: 'logs:PutLogEvents', resource: `${group}:log-stream:/2026/11/26/thing/gateway-7` },
  ];
}

/**
 * Requests that a device sends to AWS IoT with its certificate.
 *
 * The nucleus: its MQTT clients, of which each takes 50 subscriptions (MqttClient), jobs and the shadow of deployments (IotJobsHelper, ShadowDeploymentListener), its state (FleetStatusService), the data plane of
 * Greengrass. The components: the topics of TOPIC_TEMPLATES that go to AWS IoT.
 */
export function certificateRequests(thing: string, roleAlias: string): readonly Permission[] {
  const iot = (action: string, kind: string, name: string): Permission => ({
    action: `iot:${action}`,
    resource: `arn:aws:iot:${REGION}:${ACCOUNT}:${kind}/${name}`,
  });
  const aws = `$aws/things/${thing}`;
  const shadow = `${aws}/shadow/name/AWSManagedGreengrassV2Deployment`;
  const publishes = [
    `${aws}/jobs/$next/get`,
    `${aws}/jobs/job-1/update`,
    `${shadow}/get`,
    `${shadow}/update`,
    `${aws}/greengrass/health/json`,
    `${aws}/greengrassv2/health/json`,
    mqttTopics.heartbeat(thing),
    mqttTopics.events(thing),
    mqttTopics.results(thing, 'line-3'),
    TOPIC_TEMPLATES.mqttFeedbackStatus.replace('{thing}', thing),
    TOPIC_TEMPLATES.mqttFeedbackPrediction.replace('{thing}', thing),
  ];
  const hears = [
    `${aws}/jobs/notify-namespace-aws-gg-deployment`,
    `${aws}/jobs/$next/namespace-aws-gg-deployment/get/accepted`,
    `${aws}/jobs/job-1/namespace-aws-gg-deployment/update/rejected`,
    `${shadow}/update/accepted`,
    `${shadow}/get/accepted`,
  ];
  return [
    ...[thing, `${thing}#2`, `${thing}#3`].map((client) => iot('Connect', 'client', client)),
    ...publishes.map((topic) => iot('Publish', 'topic', topic)),
    ...hears.flatMap((topic) => [iot('Subscribe', 'topicfilter', topic), iot('Receive', 'topic', topic)]),
    iot('AssumeRoleWithCertificate', 'rolealias', roleAlias),
    ...DATA_PLANE.map((name) => ({ action: `greengrass:${name}`, resource: '*' })),
  ];
}

const DATA_PLANE = [
  'ResolveComponentCandidates',
  'GetComponentVersionArtifact',
  'GetDeploymentConfiguration',
  'ListThingGroupsForCoreDevice',
];
