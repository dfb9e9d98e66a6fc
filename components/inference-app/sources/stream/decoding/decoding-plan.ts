import type { FfmpegAnswer } from '../ask-ffmpeg.ts';
import { SOFTWARE } from './decoder.ts';
import type { Decoder } from './decoder.ts';

/** A source's decoder, for logs, statistics and metrics. */
export interface Decoding {
  /** Of the video, as ffmpeg names it, e.g. `h264`. */
  readonly codec: string;
  /** `software`, or the name of the hardware, e.g. `vaapi`. */
  readonly decoder: string;
  /** Why it is software although hardware is wanted; empty if it is not wanted, or is used. */
  readonly why: string;
}

export interface DecodingPlanOptions {
  /** `auto`, or a name that ffmpeg knows. */
  readonly wanted: string;
  readonly codec: string;
  readonly ask: (...words: readonly string[]) => Promise<FfmpegAnswer>;
  readonly platform: NodeJS.Platform;
}

/** Tries what may decode a video in hardware, one after the other, until one does; software comes last. */
export class DecodingPlan {
  readonly #codec: string;
  readonly #candidates: Decoder[];
  readonly #refusals: string[];

  /** Asks ffmpeg what it has, and each of it whether there is a device, without opening the camera. @throws the reason of a signal that ended `ask` */
  static async make({ wanted, codec, ask, platform }: DecodingPlanOptions): Promise<DecodingPlan> {
    if (UNCOMPRESSED.includes(codec)) return new DecodingPlan(codec, [], [`${codec} needs no decoding`]);
    const names = wanted === 'auto' ? (TRIED[platform] ?? []) : [wanted];
    const accelerations = (await ask('-hwaccels')).text.split(/\s+/);
    const decoders = (await ask('-decoders')).text;
    const candidates: Decoder[] = [];
    const refusals: string[] = [];
    for (const name of names) {
      const hasDecoder = new RegExp(`^ \\S+ +${codec}_${name}\\s`, 'm').test(decoders);
      const fault = accelerations.includes(name) ? await faultOfDevice(name, ask) : undefined;
      if (accelerations.includes(name) && fault === undefined) candidates.push({ kind: 'acceleration', name });
      // The drivers of cameras' and boards' own decoders are found by opening them.
      else if (hasDecoder && fault === undefined) candidates.push({ kind: 'codec', name, codec });
      else if (fault !== undefined) refusals.push(`${name}: ${fault}`);
      else if (wanted !== 'auto') refusals.push(`this ffmpeg has no ${name} for ${codec}`);
    }
    return new DecodingPlan(codec, candidates, refusals);
  }

  private constructor(codec: string, candidates: readonly Decoder[], refusals: readonly string[]) {
    this.#codec = codec;
    this.#candidates = [...candidates];
    this.#refusals = [...refusals];
  }

  /** The decoder to use now. */
  get decoder(): Decoder {
    return this.#candidates[0] ?? SOFTWARE;
  }

  /** The video was opened, and gave no frame: this decoder is not tried again. @returns the next */
  refuse(why: string): Decoder {
    const refused = this.#candidates.shift();
    if (refused && refused.kind !== 'software') this.#refusals.push(`${refused.name}: ${why}`);
    return this.decoder;
  }

  get state(): Decoding {
    const { decoder } = this;
    if (decoder.kind !== 'software') return { codec: this.#codec, decoder: decoder.name, why: '' };
    const why = this.#refusals.join('; ') || 'this ffmpeg knows no hardware for it';
    return { codec: this.#codec, decoder: 'software', why };
  }
}

async function faultOfDevice(name: string, ask: DecodingPlanOptions['ask']): Promise<string | undefined> {
  const test = ['-f', 'lavfi', '-i', 'nullsrc=size=16x16', '-frames:v', '1', '-f', 'null', '-'];
  const { said, end } = await ask('-loglevel', 'error', '-init_hw_device', name, ...test);
  if (end.kind === 'ended' && end.code === 0) return undefined;
  return (
    said
      .trim()
      .split('\n')[0]
      ?.replace(/^\[[^\]]*\] /, '') || 'no device'
  );
}

/** ffmpeg's names of codecs of uncompressed video. */
const UNCOMPRESSED = ['rawvideo', 'wrapped_avframe'];

/** What `auto` tries, in this order. */
const TRIED: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['cuda', 'vaapi', 'qsv', 'rkmpp', 'v4l2m2m'],
  win32: ['d3d11va', 'cuda', 'qsv', 'dxva2'],
  darwin: ['videotoolbox'],
};
