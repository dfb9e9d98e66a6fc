import type { Logger, LogLevel } from './logger.ts';

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** A logger whose lowest level can be changed while the process runs. The logger behind it should pass everything. */
export function levelSwitch(
  sink: Logger,
  initial: LogLevel = 'info',
): { readonly log: Logger; readonly setLevel: (level: LogLevel) => void } {
  let lowest = ORDER.indexOf(initial);
  const leveled = (to: Logger): Logger => ({
    debug: (facts, event) => void (lowest <= 0 && to.debug(facts, event)),
    info: (facts, event) => void (lowest <= 1 && to.info(facts, event)),
    warn: (facts, event) => void (lowest <= 2 && to.warn(facts, event)),
    error: (facts, event) => void (lowest <= 3 && to.error(facts, event)),
    child: (facts) => leveled(to.child(facts)),
  });
  return {
    log: leveled(sink),
    setLevel(level) {
      lowest = ORDER.indexOf(level);
    },
  };
}
