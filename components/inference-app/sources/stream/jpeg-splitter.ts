/** Why a frame of a stream never became one: no JPEG syntax, or more bytes than are allowed. */
export type BrokenFrame = 'decode' | 'budget';

export interface JpegSplitterOptions {
  /** Longer frames are left out; asked at each frame, since the setting may change. */
  readonly maxBytes: () => number;
  readonly onFrame: (jpeg: Buffer) => void;
  readonly onBroken: (reason: BrokenFrame) => void;
}

/** Where in a frame the next byte is. */
type Place =
  'outside' | 'outside-ff' | 'marker' | 'code' | 'length-high' | 'length-low' | 'segment' | 'scan' | 'scan-ff';

/** Where to continue, and what the byte meant for the frame. */
interface Step {
  readonly next: number;
  readonly event?: 'started' | 'broken' | 'ended';
}

const [FF, SOI, EOI, SOS, TEM, RST0, RST7] = [0xff, 0xd8, 0xd9, 0xda, 0x01, 0xd0, 0xd7];

/**
 * Cuts JPEG pictures that follow one another, as ffmpeg writes them to a pipe, whatever pieces they arrive in. Segments are
 * stepped over by their lengths, since thumbnails in them have end marks of their own; what is not a picture is skipped up to the
 * next start mark (syntax: ITU-T T.81, annex B).
 */
export class JpegSplitter {
  readonly #options: JpegSplitterOptions;
  #place: Place = 'outside';
  #code = 0;
  #left = 0;
  #parts: Buffer[] = [];
  #bytes = 0;
  #hasScan = false;
  #isTooLong = false;

  constructor(options: JpegSplitterOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      const wasInside = this.#isInside;
      const result = this.#step(chunk, at);
      at = result.next;
      if (result.event === 'started') {
        if (wasInside) this.#options.onBroken('decode');
        this.#begin();
        start = at;
      } else if (result.event === 'broken') {
        this.#end();
        this.#options.onBroken('decode');
      } else if (result.event === 'ended') {
        this.#take(chunk.subarray(start, at));
        this.#finish();
      }
    }
    if (this.#isInside) this.#take(chunk.subarray(start));
  }

  /** The stream has ended; begins again. @returns whether it ended within a frame */
  reset(): boolean {
    const wasInside = this.#isInside;
    this.#end();
    return wasInside;
  }

  get #isInside(): boolean {
    return this.#place !== 'outside' && this.#place !== 'outside-ff';
  }

  #step(chunk: Buffer, at: number): Step {
    const byte = chunk[at] ?? 0;
    switch (this.#place) {
      case 'outside':
      case 'scan': {
        const mark = chunk.indexOf(FF, at);
        if (mark < 0) return { next: chunk.length };
        this.#place = this.#place === 'scan' ? 'scan-ff' : 'outside-ff';
        return { next: mark + 1 };
      }
      case 'outside-ff':
        if (byte === SOI) return { next: at + 1, event: 'started' };
        if (byte !== FF) this.#place = 'outside';
        return { next: at + 1 };
      case 'marker':
        if (byte !== FF) return { next: at + 1, event: 'broken' };
        this.#place = 'code';
        return { next: at + 1 };
      case 'code':
        return this.#mark(byte, at, 'marker');
      case 'scan-ff': {
        const isData = byte === 0 || (byte >= RST0 && byte <= RST7);
        if (!isData) return this.#mark(byte, at, 'scan');
        this.#place = 'scan';
        return { next: at + 1 };
      }
      case 'length-high':
        this.#left = byte << 8;
        this.#place = 'length-low';
        return { next: at + 1 };
      case 'length-low':
        // The length counts its own two bytes.
        this.#left += byte - 2;
        if (this.#left < 0) return { next: at + 1, event: 'broken' };
        this.#place = this.#left > 0 ? 'segment' : this.#afterSegment();
        return { next: at + 1 };
      case 'segment': {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        if (this.#left === 0) this.#place = this.#afterSegment();
        return { next: at + step };
      }
    }
  }

  /** The byte after FF. */
  #mark(byte: number, at: number, onward: Place): Step {
    const next = at + 1;
    if (byte === FF) return { next }; // fill byte
    if (byte === SOI) return { next, event: 'started' };
    if (byte === EOI) return { next, event: this.#hasScan ? 'ended' : 'broken' };
    if (byte === 0) return { next, event: 'broken' };
    if (byte === TEM || (byte >= RST0 && byte <= RST7)) {
      this.#place = onward;
      return { next };
    }
    this.#code = byte;
    this.#place = 'length-high';
    return { next };
  }

  #afterSegment(): Place {
    if (this.#code !== SOS) return 'marker';
    this.#hasScan = true;
    return 'scan';
  }

  #begin(): void {
    this.#end();
    this.#place = 'marker';
    this.#take(START);
  }

  #take(part: Buffer): void {
    this.#bytes += part.length;
    this.#isTooLong ||= this.#bytes > this.#options.maxBytes();
    if (this.#isTooLong) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #finish(): void {
    const { onFrame, onBroken } = this.#options;
    const frame = this.#isTooLong ? undefined : Buffer.concat(this.#parts);
    this.#end();
    if (frame) onFrame(frame);
    else onBroken('budget');
  }

  #end(): void {
    this.#place = 'outside';
    this.#parts = [];
    this.#bytes = 0;
    this.#hasScan = false;
    this.#isTooLong = false;
  }
}

const START = Buffer.from([FF, SOI]);
