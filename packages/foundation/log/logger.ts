import { pino } from 'pino';
import type { LoggerOptions } from 'pino';
import { maskCredentials } from './mask-credentials.ts';

/** Logs are events: facts first, then a dotted event name. `log.info({ from, to, gapMs }, 'model.swapped')`. */
export interface Logger {
  debug(facts: object, event: string): void;
  info(facts: object, event: string): void;
  warn(facts: object, event: string): void;
  error(facts: object, event: string): void;
  /** A logger whose lines all carry these facts. */
  child(facts: object): Logger;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerSettings {
  readonly name: string;
  /** Default: info. */
  readonly level?: LogLevel;
  /** Takes every line too, credentials masked. */
  readonly copy?: (line: string) => void;
}

/** One JSON line per event on stdout: the nucleus wraps every line, so none may span two. */
export function createLogger(options: LoggerSettings): Logger {
  const line: LoggerOptions = {
    level: options.level ?? 'info',
    base: { component: options.name },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: describeError, err: describeError },
    redact: { paths: ['*.password', '*.token', '*.secret', '*.authorization'], censor: '***' },
    hooks: {
      streamWrite: (text) => {
        const masked = maskCredentials(text);
        options.copy?.(masked);
        return masked;
      },
    },
  };
  // Written before the call returns, as console.log does on a pipe: the line that says why a process ends must not be lost with it.
  return pino(line, pino.destination({ dest: 1, sync: true }));
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as { code?: unknown }).code;
  const cause: unknown = error.cause === undefined ? undefined : describeError(error.cause);
  return { message: error.message, ...(code === undefined ? {} : { code }), ...(cause === undefined ? {} : { cause }) };
}
