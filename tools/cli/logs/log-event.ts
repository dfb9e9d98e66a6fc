import type { Output } from '../frame/output.ts';
import { factsText } from './facts-text.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogEventLevel = (typeof LOG_LEVELS)[number];

/** A line of a log as an event, of any program. */
export interface LogEvent {
  /** ISO 8601; empty if the line has none. */
  readonly time: string;
  readonly level: LogEventLevel;
  readonly component: string;
  /** The event of a component of the collection; of others what the nucleus calls the line, e.g. `stdout`. */
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Reads a line of `<root>/logs/<component>.log`: the nucleus wraps what a component writes, with the level INFO for all of its
 * standard output; what a component of the collection says in it, an event in JSON, has a level and its own time.
 */
export function readLogLine(component: string, line: string): LogEvent {
  const own = eventIn(component, line, '');
  if (own) return own;
  const [, time = '', level = '', kind = '', rest = ''] = WRAPPED.exec(line) ?? [];
  if (time === '') return { time: '', level: 'info', component, event: '', facts: { message: line } };
  const text = rest.replace(/\. \{(?:scriptName|serviceName)=[^}]*\}$/, '');
  return (
    eventIn(component, text, time) ?? { time, level: levelOf(level), component, event: kind, facts: { message: text } }
  );
}

/** `2026-02-03T00:00:00.000Z [INFO] (Copier) a.A: stdout. text. {scriptName=…}`; the thread is the Java nucleus' own. */
const WRAPPED = /^(\d{4}-\S+) \[(\w+)\] (?:\([^)]*\) )?\S+: ([\w-]+)\. (.*)$/;

function eventIn(component: string, text: string, time: string): LogEvent | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const {
      level,
      time: own,
      event,
      component: from,
      ...facts
    } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof event !== 'string') return undefined;
    return {
      time: typeof own === 'string' ? own : time,
      level: levelOf(String(level)),
      component: typeof from === 'string' ? from : component,
      event,
      facts,
    };
  } catch {
    return undefined;
  }
}

function levelOf(text: string): LogEventLevel {
  const word = text.toLowerCase();
  if (word === 'fatal') return 'error';
  if (word === 'trace') return 'debug';
  return LOG_LEVELS.find((level) => level === word) ?? 'info';
}

const COLORS = { debug: 'dim', info: 'blue', warn: 'yellow', error: 'red' } as const;

/** One line for people: time, level, component, event, facts. */
export function logLine({ time, level, component, event, facts }: LogEvent, out: Pick<Output, 'paint'>): string {
  const shownTime = time === '' ? ' '.repeat(TIME_CHARACTERS) : time.replace('T', ' ').replace('Z', '');
  const head = `${shownTime}  ${out.paint(COLORS[level], level.toUpperCase().padEnd(5))}  ${component}`;
  return [head, event, factsText(facts)].filter((part) => part !== '').join('  ');
}

const TIME_CHARACTERS = '2026-02-03 00:00:00.000'.length;
