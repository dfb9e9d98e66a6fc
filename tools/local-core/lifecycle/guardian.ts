import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { coreErrors } from '../errors.ts';

/** Environment variable that marks every process of a core, so that the guardian finds those that left their group. */
export const CORE_MARK = 'EDGEML_LOCAL_CORE';

/**
 * A small shell process that outlives the core and leaves no component behind, also when the core is killed by SIGKILL.
 * Every script tells it its process group over an inherited pipe before it does anything else. When the pipe closes,
 * the core is gone: the guardian ends the groups that were not signed off and, on Linux, whatever else carries the mark, such as an
 * agent that answers until its successor does. It sends SIGTERM, and SIGKILL to what is left after about 5 s.
 */
export class Guardian {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #closed = false;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.#ended = once(process, 'exit');
    process.stdin?.on('error', () => undefined); // the pipe of a guardian that was killed
    process.unref();
    (process.stdin as unknown as { unref(): void }).unref();
  }

  /** @throws guardian.failed */
  static async start(mark: string): Promise<Guardian> {
    const process = spawn('/bin/sh', ['-c', GUARDIAN_SCRIPT, 'edgeml-guardian', `${CORE_MARK}=${mark}`], {
      detached: true, // a Ctrl-C in the terminal is for the core
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: globalThis.process.env.PATH ?? '/usr/bin:/bin' },
    });
    try {
      await once(process, 'spawn');
      // It logs it once no signal of a terminal ends it.
      await Promise.race([once(process.stdout, 'data'), once(process, 'exit')]);
      process.stdout.destroy();
    } catch (cause) {
      throw coreErrors.error('guardian.failed', 'the guardian /bin/sh cannot be started', { cause });
    }
    return new Guardian(process);
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** No script may start any more: nobody would end it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Handed to scripts as file descriptor 3; undefined if the guardian was just lost. */
  get pipe(): Writable | undefined {
    const { stdin } = this.#process;
    return this.alive && stdin && !stdin.destroyed ? stdin : undefined;
  }

  /** The group has ended; its number may be used again by the system. */
  signOff(group: number): void {
    this.pipe?.write(`-${group}\n`);
  }

  /** Signs a running group on again, after a guardian was lost. */
  signOn(group: number): void {
    this.pipe?.write(`+${group}\n`);
  }

  onExit(listener: () => void): void {
    this.#process.once('exit', listener);
  }

  /** Ends the guardian, once it has ended what is left. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.alive) return;
    this.#process.ref();
    this.#process.stdin?.end();
    await this.#ended;
  }
}

/** Wraps a script: signs on, then becomes the script's shell, so that its process id is the group's number. */
export const SIGN_ON = 'echo "+$$" >&3; exec 3>&-; exec /bin/sh -c "$1"';

/** Of 0.05 s and a look through /proc each: about the 5 s that a nucleus waits between SIGTERM and SIGKILL. */
const GRACE_ROUNDS = 80;

const GUARDIAN_SCRIPT = `
trap '' INT TERM HUP
echo up
exec >/dev/null
groups=
while IFS= read -r line; do
  case $line in
    +*) groups="$groups \${line#+}" ;;
    -*) rest=
        for group in $groups; do [ "$group" = "\${line#-}" ] || rest="$rest $group"; done
        groups=$rest ;;
  esac
done
end() {
  # The number of a group that has ended may soon be another's.
  rest=
  for group in $groups; do kill -s "$1" -- "-$group" 2>/dev/null && rest="$rest $group"; done
  groups=$rest
  # A killed group may stay as a zombie for as long as its parent likes.
  [ -z "$groups" ] || [ "$1" = KILL ] || left=1
  for file in $(grep -lF -- "$mark" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/}
    kill -s "$1" "\${pid%/environ}" 2>/dev/null && left=1
  done
}
mark=$1
rounds=0
quiet=0
signal=TERM
while [ "$quiet" -lt 3 ]; do
  left=0
  end "$signal"
  signal=0
  rounds=$((rounds + 1))
  [ "$rounds" -lt ${GRACE_ROUNDS} ] || signal=KILL
  quiet=$((quiet + 1))
  [ "$left" = 0 ] || quiet=0
  sleep 0.05
done
`;
