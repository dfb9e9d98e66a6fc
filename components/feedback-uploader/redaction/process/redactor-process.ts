import { fromWire, Serial } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

import { uploaderErrors } from '../../errors.ts';
import { isPicture } from '../../duplicates/picture-hash.ts';
import type { HashPicture } from '../../duplicates/picture-hash.ts';
import type { Redact } from '../redactor.ts';
import type { RedactionAnswer, RedactionQuestion } from './answer-redactions.ts';
import type { Frame } from './frame.ts';
import { WorkerProcess } from './worker-process.ts';

export interface RedactorProcessOptions {
  /** File that Node runs: the bundle `redactor.js`. */
  readonly program: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of bodies that are not needed in memory any more. */
  readonly onDropped?: (bytes: number) => void;
}

/** An image that takes longer is given up, and the process with it. */
const TIMEOUT_MS = 60_000;
/** Without images for this long the process ends, and with it the memory that it holds. */
const IDLE_MS = 15_000;

/**
 * Redacts in its own process: an image of 12 megapixels takes as much memory as the whole uploader may have, and a
 * decoder that a broken image brings down must not take the spool with it. The process is started for the first image,
 * works on one at a time, and ends when there have been none for a while.
 */
export class RedactorProcess {
  readonly #options: RedactorProcessOptions;
  readonly #turns = new Serial();
  #worker: WorkerProcess | undefined;
  #stopIdling: () => void = () => undefined;
  #isClosed = false;

  constructor(options: RedactorProcessOptions) {
    this.#options = options;
  }

  /** @throws EdgeError `redaction.*` */
  readonly redact: Redact = (image, settings, prediction) =>
    this.#turns.run(async () => {
      const { header, body } = await this.#ask({
        header: { settings, prediction } satisfies RedactionQuestion,
        body: image,
      });
      // Both came and went through pipes in pieces.
      this.#options.onDropped?.(2 * image.length + body.length);
      const answer = header as RedactionAnswer;
      if ('error' in answer) throw fromWire(answer.error);
      if ('hash' in answer) throw uploaderErrors.error('redaction.failed', 'the process answered another question');
      return { image: body, record: answer.record };
    });

  /** A picture whose hash cannot be had, for whatever reason, has none: a sample is never lost by it. */
  readonly hash: HashPicture = (image) =>
    isPicture(image)
      ? this.#turns
          .run(async () => {
            const { body } = await this.#ask({ header: { hash: true } satisfies RedactionQuestion, body: image });
            this.#options.onDropped?.(2 * image.length);
            return body.length > 0 ? body : undefined;
          })
          .catch((error: unknown) => {
            this.#options.log.warn({ error }, 'duplicates.not-hashed');
            return undefined;
          })
      : Promise.resolve(undefined);

  /** Ends the process; an image that it works on is given up. */
  close(): void {
    this.#isClosed = true;
    this.#end('the uploader stops');
  }

  async #ask(question: Frame): Promise<Frame> {
    if (this.#isClosed) throw uploaderErrors.error('redaction.failed', 'nothing is redacted: the uploader stops');
    const { clock } = this.#options;
    this.#stopIdling();
    const worker = (this.#worker ??= this.#start());
    const cancel = clock.after(TIMEOUT_MS, () => this.#end(`it took more than ${TIMEOUT_MS} ms`));
    try {
      return await worker.ask(question);
    } finally {
      cancel();
      this.#stopIdling = clock.after(IDLE_MS, () => this.#end('there was nothing to do'));
    }
  }

  #start(): WorkerProcess {
    const { program, log } = this.#options;
    const worker = new WorkerProcess(program);
    log.info({ pid: worker.pid }, 'redaction.process-started');
    void worker.gone.then((how) => {
      if (this.#worker === worker) this.#worker = undefined;
      log.info({ pid: worker.pid, how }, 'redaction.process-ended');
    });
    return worker;
  }

  #end(reason: string): void {
    this.#stopIdling();
    this.#worker?.end(reason);
    this.#worker = undefined;
  }
}
