import { maskCredentials, messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

import { RotatingFile } from './rotating-file.ts';

/** The core's own log, `<root>/logs/greengrass.log`: one JSON line per event. */
export interface FileLogger extends Logger {
  readonly path: string;
  close(): void;
}

export function fileLogger(folder: string, clock: Clock): FileLogger {
  const file = new RotatingFile(folder, 'greengrass');
  const write = (level: string, bound: object, facts: object, event: string): void => {
    const time = new Date(clock.now()).toISOString();
    file.append(maskCredentials(JSON.stringify({ time, level, event, ...bound, ...facts }, readable)));
  };
  return { ...boundTo({}, write), path: file.path, close: () => file.close() };
}

type Write = (level: string, bound: object, facts: object, event: string) => void;

function boundTo(bound: object, write: Write): Logger {
  return {
    debug: () => undefined,
    info: (facts, event) => write('info', bound, facts, event),
    warn: (facts, event) => write('warn', bound, facts, event),
    error: (facts, event) => write('error', bound, facts, event),
    child: (facts) => boundTo({ ...bound, ...facts }, write),
  };
}

function readable(_key: string, value: unknown): unknown {
  return value instanceof Error ? messageOf(value) : value;
}
