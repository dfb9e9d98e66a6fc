/** A mask as COCO has it: rows and columns of the picture, and its runs as text. */
export interface RunLengths {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/**
 * Runs of 0 and 1 in turn, column by column, beginning with 0, as text: each run, from the fourth on less the run two before it, in groups of
 * five bits, the lowest first; bit 5 says that a group follows, 48 is added. Source: COCO's API, common/maskApi.c, read as a specification.
 */
export function encodeRuns(runs: readonly number[]): string {
  let text = '';
  runs.forEach((run, at) => {
    let rest = at > 2 ? run - (runs[at - 2] as number) : run;
    for (let more = true; more;) {
      const bits = ((rest % 32) + 32) % 32;
      // Not by shifting: a wide picture has more pixels than 31 bits count.
      rest = Math.floor(rest / 32);
      // Bit 4 is the sign of what was written so far.
      more = (bits & 0x10) === 0 ? rest !== 0 : rest !== -1;
      text += String.fromCharCode((more ? bits | 0x20 : bits) + 48);
    }
  });
  return text;
}

/**
 * The way back.
 * @returns undefined if the text is none that `encodeRuns` writes, or the runs do not fill the size
 */
export function decodeRuns({ size, counts }: RunLengths): readonly number[] | undefined {
  const runs: number[] = [];
  let sum = 0;
  for (let at = 0; at < counts.length;) {
    let run = 0;
    let shift = 0;
    for (let more = true; more; shift += 5) {
      const group = counts.charCodeAt(at++) - 48;
      // Eight groups hold more than any picture; NaN at the end of the text.
      if (!(group >= 0 && group < 64) || shift > 35) return undefined;
      run += (group & 0x1f) * 2 ** shift;
      more = (group & 0x20) !== 0;
      if (!more && (group & 0x10) !== 0) run -= 2 ** (shift + 5);
    }
    if (runs.length > 2) run += runs[runs.length - 2] as number;
    if (run < 0) return undefined;
    runs.push(run);
    sum += run;
  }
  return sum === size[0] * size[1] ? runs : undefined;
}

/** Collects the runs of a mask from spans of ones, which come in the order of the columns. */
export class RunCollector {
  readonly #runs: number[] = [];
  #end = 0;

  /** Number of pixels of the mask so far. */
  area = 0;

  /** @param start number of the first pixel, column by column */
  add(start: number, length: number): void {
    if (length <= 0) return;
    this.area += length;
    const { length: count } = this.#runs;
    if (count > 0 && start === this.#end) this.#runs[count - 1] = (this.#runs[count - 1] as number) + length;
    else this.#runs.push(start - this.#end, length);
    this.#end = start + length;
  }

  /** @param pixels of the whole picture */
  finish(pixels: number): readonly number[] {
    if (pixels > this.#end) this.#runs.push(pixels - this.#end);
    return this.#runs;
  }
}
