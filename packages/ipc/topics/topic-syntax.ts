import { ipcErrors } from '../errors.ts';

/** AWS IoT Core quotas: 256 bytes of UTF-8 and 7 slashes, not counting a `$aws/rules/<rule>/` or `$share/<group>/` prefix. */
const MAX_TOPIC_BYTES = 256;
const MAX_SLASHES = 7;

/**
 * A topic to publish to: no wildcards, within IoT Core's limits. Refused here, since a topic that the cloud refuses
 * puts the nucleus' MQTT client in a reconnect loop.
 *
 * @throws EdgeError `topic.invalid`
 */
export function checkedTopic(topic: string): string {
  const fault = commonFault(topic) ?? (/[+#]/.test(topic) ? 'it holds a wildcard (+ or #)' : undefined);
  if (fault) throw invalid(topic, fault);
  return topic;
}

/**
 * A subscription filter: `+` is one whole level, `#` the whole rest.
 *
 * @throws EdgeError `topic.invalid`
 */
export function checkedTopicFilter(filter: string): string {
  const fault = commonFault(filter) ?? wildcardFault(filter);
  if (fault) throw invalid(filter, fault);
  return filter;
}

/**
 * One level of a topic made from a name (service, thing, component).
 *
 * @throws EdgeError `topic.invalid`
 */
export function checkedLevel(level: string, what: string): string {
  if (level !== '' && !/[/+#\u0000]/.test(level)) return level;
  const message = `${what} "${level}" cannot be part of a topic: it is empty or holds /, + or #`;
  throw ipcErrors.error('topic.invalid', message, { facts: { topic: level, what } });
}

/** MQTT 3.1.1 section 4.7: does the filter cover the topic? */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

function commonFault(topic: string): string | undefined {
  const counted = topic.replace(/^\$aws\/rules\/[^/]+\//, '').replace(/^\$share\/[^/]+\//, '');
  const bytes = Buffer.byteLength(counted);
  const slashes = counted.split('/').length - 1;
  if (topic === '') return 'it is empty';
  if (topic.includes('\u0000')) return 'it holds a NUL character';
  if (bytes > MAX_TOPIC_BYTES) return `it has ${bytes} bytes, ${MAX_TOPIC_BYTES} are allowed`;
  if (slashes > MAX_SLASHES) return `it has ${slashes} slashes, ${MAX_SLASHES} are allowed`;
  return undefined;
}

function wildcardFault(filter: string): string | undefined {
  const levels = filter.split('/');
  if (levels.some((level) => level.length > 1 && /[+#]/.test(level))) return '+ and # must stand alone in a level';
  if (levels.slice(0, -1).includes('#')) return '# must be the last level';
  return undefined;
}

function invalid(topic: string, fault: string) {
  return ipcErrors.error('topic.invalid', `topic "${topic.slice(0, 300)}" cannot be used: ${fault}`, {
    facts: { topic },
  });
}
