import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { messageOf } from '#packages/foundation';
import { uploaderErrors } from '../../errors.ts';
import { encodeFrame, readFrames } from './frame.ts';
import type { Frame } from './frame.ts';

/** A Node process that answers frames with frames, one at a time. */
export class WorkerProcess {
  /** How it ended. */
  readonly gone: Promise<string>;
  readonly #child: ChildProcess;
  readonly #answers: AsyncGenerator<Frame, void>;
  #reason: string | undefined;

  /** @param program file that Node runs */
  constructor(program: string) {
    this.#child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.gone = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(messageOf(error)));
      this.#child.once('close', (code, signal) => resolve(`its process ended with ${signal ?? code}`));
    });
    // A broken pipe is what the end of the process looks like from here; `gone` knows more.
    this.#child.stdin?.on('error', () => undefined);
    this.#answers = readFrames(this.#child.stdout as AsyncIterable<Buffer>);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws EdgeError `redaction.failed` when the process ends instead */
  async ask(question: Frame): Promise<Frame> {
    for (const piece of encodeFrame(question)) this.#child.stdin?.write(piece);
    const answer = await this.#answers.next().catch(() => undefined);
    if (answer?.value) return answer.value;
    const why = this.#reason ?? (await this.gone);
    throw uploaderErrors.error('redaction.failed', `nothing could be hidden in this sample: ${why}`);
  }

  /** Ends it at once, whatever it does. */
  end(reason: string): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }
}
