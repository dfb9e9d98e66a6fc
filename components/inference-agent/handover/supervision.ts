import { writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';

/** Descriptor on which `run.sh` hears the exit code. */
const LAST_WORD = 3;
const PROVEN_FILE = 'proven';

/** `run.sh`, which has started this agent and does so again after a crash. */
export interface Supervision {
  /** Calls back once, when the supervisor is gone: the nucleus has stopped the component. */
  onGone(callback: () => void): void;
  /** This version serves: from now on a crash of it is the supervisor's to mend, not the nucleus'. Never rejects. */
  proven(): Promise<void>;
  /** Tells the exit code, which the supervisor cannot learn from a process that is not its child. */
  lastWord(code: number): void;
}

export interface SupervisionOptions {
  /** The supervisor's name for this version; undefined if the agent was started without one. */
  readonly version: string | undefined;
  readonly workFolder: string;
  /** Held open by the supervisor alone. Default: the standard input. */
  readonly life?: Readable;
  readonly log: Logger;
}

/** Undefined if nobody supervises this process: a nucleus, or whoever started it by hand, sees its end itself. */
export function supervision({
  version,
  workFolder,
  life = process.stdin,
  log,
}: SupervisionOptions): Supervision | undefined {
  if (version === undefined) return undefined;
  return {
    onGone(callback) {
      // The reader may end with the supervisor.
      process.stdout.on('error', () => undefined);
      life.once('end', callback).once('error', callback).resume();
    },
    async proven() {
      await writeFile(join(workFolder, PROVEN_FILE), version, { mode: 0o600 }).catch((thrown: unknown) =>
        log.warn({ reason: messageOf(thrown) }, 'agent.not-proven'),
      );
    },
    lastWord(code) {
      try {
        writeSync(LAST_WORD, `${code}\n`);
      } catch {
        // It is gone: nobody wants to know.
      }
    },
  };
}
