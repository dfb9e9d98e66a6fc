import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { OutputStream } from '../logs/component-log.ts';
import { SIGN_ON } from './guardian.ts';
import type { Guardian } from './guardian.ts';
import { LineSplitter } from './line-splitter.ts';
import { processTable, startedWith } from './process-table.ts';
import type { ProcessRow } from './process-table.ts';

export interface ScriptRequest {
  /** Lifecycle section, e.g. `run`. */
  readonly section: string;
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How a script ended. */
export interface ScriptEnd {
  /** 0 is success. A script that could not be started or was killed by a signal has none. */
  readonly code: number | undefined;
  /** Readable: `exit code 3`, `killed by SIGKILL`, `could not be started: …`, and the last line that it wrote. */
  readonly description: string;
}

export interface RunningScript {
  readonly section: string;
  readonly ended: Promise<ScriptEnd>;
}

/** SIGTERM to SIGKILL (UnixExec of the nucleus). */
const GRACE_MS = 5000;
/** Looking at all processes costs some milliseconds: often at first, then less. */
const LONGEST_POLL_MS = 100;
/** After a script ended, how long its pipes may stay open for the last lines. */
const DRAIN_MS = 250;

/** All processes of one component: starts scripts in process groups of their own, finds what they started, ends them. */
export class ComponentProcesses {
  readonly #options: ComponentProcessesOptions;
  readonly #groups = new Set<number>();
  /** Scripts that have not ended; each leads a group. */
  readonly #running = new Set<number>();
  readonly #scripts = new Set<Promise<ScriptEnd>>();

  constructor(options: ComponentProcessesOptions) {
    this.#options = options;
  }

  /** Starts `sh -c <script>`. Never throws: a script that cannot be started has ended. */
  start(request: ScriptRequest): RunningScript {
    const { guardian, onLine } = this.#options;
    if (guardian().closed) return { section: request.section, ended: Promise.resolve(STOPPED) };
    let lastLine: string | undefined;
    const child = this.#spawn(request);
    const { pid } = child;
    if (pid !== undefined) {
      this.#groups.add(pid);
      this.#running.add(pid);
    }
    const take = (stream: OutputStream) => (text: string) => {
      lastLine = text;
      onLine(request.section, stream, text);
    };
    const drained = Promise.all([drain(child, 'stdout', take('stdout')), drain(child, 'stderr', take('stderr'))]);
    const ended = endOf(child).then(async (end) => {
      if (pid !== undefined) this.#running.delete(pid);
      await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
      this.#signOffEnded();
      const wrote = lastLine === undefined ? '' : `; last line: ${lastLine.slice(0, 500)}`;
      return { code: end.code, description: end.description + wrote };
    });
    this.#scripts.add(ended);
    void ended.then(() => this.#scripts.delete(ended));
    return { section: request.section, ended };
  }

  /** A guardian that was just lost is replaced soon, and told of the groups that run then. */
  #spawn({ script, environment }: ScriptRequest): ChildProcess {
    const signOn = this.#options.guardian().pipe ?? 'ignore';
    return spawn('/bin/sh', ['-c', SIGN_ON, 'sh', script], {
      cwd: this.#options.workFolder,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', signOn],
    });
  }

  /** Processes of the component that are alive and end with it, children first. */
  alive(): readonly number[] {
    const table = processTable();
    const { controlGroup = false, mark } = this.#options;
    const own = controlGroup
      ? ({ group }: ProcessRow) => this.#groups.has(group)
      : ({ pid }: ProcessRow) => this.#running.has(pid);
    const found = new Set(table.filter(own).map(({ pid }) => pid));
    for (let before = -1; before !== found.size;) {
      before = found.size;
      for (const { pid, parent } of table) if (found.has(parent)) found.add(pid);
    }
    if (controlGroup) {
      const { isForeign = () => false } = this.#options;
      for (const { pid, group } of table) {
        if (!found.has(pid) && !isForeign(group) && startedWith(pid, mark)) found.add(pid);
      }
    }
    found.delete(process.pid);
    return [...found].sort((a, b) => b - a);
  }

  /** Process groups that may still hold processes. */
  get groups(): readonly number[] {
    return [...this.#groups];
  }

  /**
   * SIGTERM to every process, then SIGKILL to what is left after 5 s or when `hurry` aborts.
   * Resolves when none is alive and their last lines were taken.
   */
  async stop(hurry?: AbortSignal): Promise<void> {
    if (this.#groups.size === 0 && this.alive().length === 0) return;
    signal(this.alive(), 'SIGTERM');
    let due = hurry?.aborted ?? false;
    const cancel = this.#options.clock.after(GRACE_MS, () => (due = true));
    try {
      for (let pids = this.alive(), poll = 10; pids.length > 0; pids = this.alive(), poll += 10) {
        if (due || hurry?.aborted) signal(pids, 'SIGKILL');
        await new Promise((resolve) => setTimeout(resolve, Math.min(poll, LONGEST_POLL_MS)));
      }
    } finally {
      cancel();
    }
    await Promise.all(this.#scripts);
    this.#signOffEnded();
  }

  #signOffEnded(): void {
    const groups = new Set(processTable().map(({ group }) => group));
    for (const group of this.#groups) {
      if (groups.has(group)) continue;
      this.#groups.delete(group);
      this.#options.guardian().signOff(group);
    }
  }
}

const STOPPED: ScriptEnd = { code: undefined, description: 'could not be started: the core is stopping' };

export interface ComponentProcessesOptions {
  readonly workFolder: string;
  /** `NAME=value` that only this component's processes have in their environment. */
  readonly mark: string;
  /**
   * Whether all of them end with the component, as those in the control group of a systemd unit do. Otherwise those end that descend from a
   * script that runs, as with the Java nucleus: a process that has left that tree continues. Default: false.
   */
  readonly controlGroup?: boolean | undefined;
  /** Whether a process group is of another component: a process in it belongs there, whoever asked for it. Default: none is. */
  readonly isForeign?: ((group: number) => boolean) | undefined;
  readonly guardian: () => Guardian;
  readonly clock: Clock;
  readonly onLine: (section: string, stream: OutputStream, text: string) => void;
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // it ended meanwhile
    }
  }
}

function endOf(child: ChildProcess): Promise<ScriptEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve({ code: undefined, description: `could not be started: ${messageOf(error)}` });
    });
    child.once('exit', (code, name) => {
      const description = code === null ? `killed by ${name ?? 'a signal'}` : `exit code ${code}`;
      resolve({ code: code ?? undefined, description });
    });
  });
}

function drain(child: ChildProcess, stream: OutputStream, onLine: (line: string) => void): Promise<void> {
  const pipe = child[stream];
  if (!pipe) return Promise.resolve();
  const lines = new LineSplitter(onLine);
  pipe.on('data', (chunk: Buffer) => lines.push(chunk));
  return new Promise((resolve) => {
    pipe.once('error', () => resolve());
    pipe.once('close', () => {
      lines.end();
      resolve();
    });
  });
}
