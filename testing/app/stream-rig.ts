import { Incidents, systemClock } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { readFrame, RingStore } from '#packages/frames';
import type { FrameReference, RawFrame } from '#packages/frames';
import { SlotProvider } from '../../components/inference-app/frame/slot-provider.ts';
import type { Frame } from '../../components/inference-app/frame/frame.ts';
import { FfmpegPlayer } from '../../components/inference-app/sources/stream/ffmpeg-player.ts';
import type { FrameSink } from '../../components/inference-app/sources/image-source.ts';
import { StreamSource } from '../../components/inference-app/sources/stream/stream-source.ts';
import { Statistics } from '../../components/inference-app/statistics/statistics.ts';
import type { SkipReason } from '../../components/inference-app/statistics/skip-reason.ts';
import { sourceOptions } from './source-options.ts';

/** A frame as a model would read it. */
export interface SeenFrame {
  readonly width: number;
  readonly height: number;
  /** Undefined if the frame goes over the socket. */
  readonly ring: string | undefined;
  readonly pixels: Buffer;
}

export interface StreamRigOptions {
  /** Folder on tmpfs. */
  readonly folder: string;
  /** Bytes that all rings may take; told those that they have taken. */
  readonly budget: (ringBytes: number) => number;
  readonly workFolder: string;
}

/** Streams of the real ffmpeg with the real rings of an agent, and a model that looks at every frame at once. */
export class StreamRig {
  readonly statistics = new Statistics();
  readonly seen: SeenFrame[] = [];
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  readonly lines: { readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[] = [];
  readonly store: RingStore;
  readonly #options: StreamRigOptions;
  readonly #running: { readonly source: StreamSource; readonly run: Promise<void> }[] = [];

  constructor(options: StreamRigOptions) {
    this.#options = options;
    this.store = new RingStore(options);
  }

  /** Resolves when the source has ended. */
  play(settings: object, name = 'cam'): Promise<void> {
    const log = this.#recorder();
    const incidents = new Incidents(log);
    const provider = new SlotProvider({
      clock: systemClock,
      incidents,
      agent: {
        leaseRing: async (request) => {
          const lease = await this.store.lease(request);
          return { ring: lease.ring, ended: new Promise<void>(() => undefined), end: () => lease.end() };
        },
      },
    });
    const options = sourceOptions(settings, {
      name,
      workFolder: this.#options.workFolder,
      openSlots: (...words) => provider.open(...words),
      statistics: this.statistics,
      incidents,
      log,
    });
    const source = new StreamSource(options, new FfmpegPlayer(options));
    const run = source.run(this.#sink());
    run.catch(() => undefined);
    this.#running.push({ source, run });
    return run;
  }

  events(): readonly string[] {
    return this.lines.map(({ event }) => event);
  }

  async close(): Promise<void> {
    for (const { source, run } of this.#running) {
      await source.stop();
      await run.catch(() => undefined);
    }
  }

  #sink(): FrameSink {
    return {
      outstanding: 0,
      offer: (frame) => void this.seen.push(this.#look(frame)),
      skip: (reason, count = 1) => void (this.skipped[reason] = (this.skipped[reason] ?? 0) + count),
      below: () => Promise.resolve(),
    };
  }

  #look({ held }: Frame): SeenFrame {
    const { frame, request } = held!;
    const { width, height } = frame;
    if (request.by === 'body') return { width, height, ring: undefined, pixels: Buffer.from(frame.data) };
    const pixels = this.#read(request.reference, frame);
    return { width, height, ring: request.reference.ring, pixels };
  }

  #read(reference: FrameReference, { data }: RawFrame): Buffer {
    const into = Buffer.alloc(data.length);
    readFrame(this.store.find(reference), into);
    return into;
  }

  #recorder(): Logger {
    const note = (facts: object, event: string): void => void this.lines.push({ event, facts: { ...facts } });
    return { debug: note, info: note, warn: note, error: note, child: () => this.#recorder() };
  }
}
