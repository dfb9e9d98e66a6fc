import type { Output } from '../frame/output.ts';
import { factsText } from '../logs/facts-text.ts';

/** Any other message of a topic on one line: its time, what happened, and its facts. */
export function eventLine(topic: string, message: unknown, out: Pick<Output, 'paint'>): string {
  const { event, timestamp, component, thing: _thing, ...facts } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof event !== 'string') return out.paint('dim', `${topic}  ${JSON.stringify(message)}`);
  const time = typeof timestamp === 'string' ? `${timestamp.slice(11, 19)}  ` : '';
  return `${time}${out.paint('blue', event)}  ${out.paint('dim', `${typeof component === 'string' ? component : ''}  ${factsText(facts)}`)}`;
}
