import type { AgentEventName, AgentEvents } from './agent-event.ts';

/** The published message: the event's name, when and where, and its facts beside them. */
export interface EventMessage {
  readonly event: AgentEventName;
  readonly timestamp: string;
  readonly thing: string;
  readonly component: string;
  readonly [fact: string]: unknown;
}

const COMPONENT = 'edgeml.InferenceAgent';
/** Messages stay under 4 kB, since nucleus lite drops larger ones without a word. */
const MAX_BYTES = 3_800;
const MAX_TEXT = 600;

/** Events in their published form; long texts are cut, and facts of errors left out where the message would grow too large. */
export function eventMessage<Name extends AgentEventName>(
  event: Name,
  facts: AgentEvents[Name],
  origin: { readonly thing: string; readonly timestamp: string },
): EventMessage {
  const head = { event, ...origin, component: COMPONENT };
  const whole = { ...head, ...facts };
  if (sizeOf(whole) <= MAX_BYTES) return whole;
  const short = { ...head, ...(shortened(facts) as object) };
  return sizeOf(short) <= MAX_BYTES ? short : { ...head, truncated: true };
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  if (Array.isArray(value)) return value.slice(0, 8).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'facts')
      .map(([key, child]) => [key, shortened(child)]),
  );
}

function sizeOf(message: object): number {
  return Buffer.byteLength(JSON.stringify(message));
}
