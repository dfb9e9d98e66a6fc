import type { GroupSubscription, LambdaFunction } from './read-functions.ts';

/** A filter of topics, and where their messages go or come from. */
type Route = readonly [filter: string, way: 'cloud' | 'local'];

export interface FunctionTopics {
  /** Where its messages go; undefined without a table: all to IoT Core. */
  readonly routes: readonly Route[] | undefined;
  /** Messages that it is called with. */
  readonly events: readonly Route[];
  readonly notes: readonly string[];
}

/** The rows of the group's table that concern a function. */
export function topicsOf(
  { name, arn }: LambdaFunction,
  subscriptions: readonly GroupSubscription[] | undefined,
): FunctionTopics {
  if (subscriptions === undefined) {
    const note = `${name}: without --subscriptions it is called with no message, and what it publishes goes to IoT Core, on any topic.`;
    return { routes: undefined, events: [], notes: [note] };
  }
  const isOwn = (place: string): boolean => unversioned(place) === unversioned(arn);
  const from = subscriptions.filter(({ source }) => isOwn(source));
  const to = subscriptions.filter(({ target }) => isOwn(target));
  return {
    routes: unique(from.map(({ subject, target }) => [subject, wayOf(target)])),
    events: unique(to.map(({ subject, source }) => [subject, wayOf(source)])),
    notes: [
      ...from.flatMap(({ subject, target }) => noteOf(name, subject, target, 'to')),
      ...to.flatMap(({ subject, source }) => noteOf(name, subject, source, 'from')),
    ],
  };
}

/** Statements for IPC; `*` stands for any characters there, and `+` and `#` for themselves. */
export function accessControlOf(component: string, { routes, events }: FunctionTopics): object {
  const published: readonly Route[] = routes ?? [['*', 'cloud']];
  const services = [
    ['mqttproxy', 'cloud', 'PublishToIoTCore', 'SubscribeToIoTCore'],
    ['pubsub', 'local', 'PublishToTopic', 'SubscribeToTopic'],
  ] as const;
  return Object.fromEntries(
    services.flatMap(([service, way, publish, subscribe]) => {
      const statements = [
        statementOf(publish, published, way, 'Messages that the function publishes.'),
        statementOf(subscribe, events, way, 'Messages that the function is called with.'),
      ].filter(({ resources }) => resources.length > 0);
      if (statements.length === 0) return [];
      const named = statements.map((one, index) => [`${component}:${service}:${index + 1}`, one] as const);
      return [[`aws.greengrass.ipc.${service}`, Object.fromEntries(named)]];
    }),
  );
}

function statementOf(operation: string, routes: readonly Route[], way: Route[1], policyDescription: string) {
  const resources = routes.filter(([, to]) => to === way).map(([filter]) => filter.replace(/[+#]/g, '*'));
  return { policyDescription, operations: [`aws.greengrass#${operation}`], resources };
}

function wayOf(place: string): Route[1] {
  return place === 'cloud' ? 'cloud' : 'local';
}

/** Functions speak with each other on local topics; what others say or hear has to be brought there. */
function noteOf(name: string, subject: string, place: string, direction: 'to' | 'from'): readonly string[] {
  if (place === 'cloud' || /:function:/.test(place)) return [];
  const verb = direction === 'to' ? 'read' : 'publish on';
  const way = `${name}: messages of ${subject} ${direction === 'to' ? 'went to' : 'came from'} ${place}.`;
  if (!place.includes(':thing/'))
    return [`${way} A component has to ${verb} the local topic of that name in its place.`];
  const bridge = 'aws.greengrass.clientdevices.mqtt.Bridge';
  return [`${way} Deploy ${bridge}, which carries them between client devices and the local topic of that name.`];
}

function unversioned(arn: string): string {
  return arn.replace(/(:function:[^:]+):.*$/, '$1');
}

function unique(routes: readonly Route[]): readonly Route[] {
  return [...new Map(routes.map((route) => [route.join(' '), route])).values()];
}
