import type { Tensor } from '../loaded-model.ts';
import { numbersOf, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';
import { rowsOf } from './rows.ts';
import type { Rows } from './rows.ts';

/** Numbers of a table. The values of a row that begins at `at`, after box and classes: value k is `values[at + (more + k) * step]`. */
export interface ScoredTable {
  readonly values: Numbers;
  readonly step: number;
  /** First column after box and classes. */
  readonly more: number;
}

/** `at`: the row's first value; the next ones are `step` further on each, those after box and classes begin with column `more`. */
export type OnRow = (values: Numbers, at: number, score: number, classId: number, step: number, more: number) => void;

interface ScoredRowsOptions {
  readonly output: string;
  /** Number of labels; 0 if they are not known. */
  readonly labels: number;
  /** `raw`: [1, 4 + classes + more, N], transposed or not; score = best class. `finished`: [1, N, 6 + more], box, score, class and more. */
  readonly rows: 'raw' | 'finished';
  readonly scoreThreshold: number;
}

/**
 * Finds the rows that score high enough. The box is in the first four columns.
 * Source: Ultralytics, nn/modules/head.py (Detect), engine/exporter.py (NMSModel) and utils/nms.py, read as specifications.
 */
export class ScoredRows {
  readonly #options: ScoredRowsOptions;
  #scores = new Float64Array(0);
  #classes = new Int32Array(0);

  constructor(options: ScoredRowsOptions) {
    this.#options = options;
  }

  /**
   * @param more number of columns after box and classes
   * @param onRow is given each row that scores high enough
   * @throws EdgeError `model.output-unexpected`
   */
  read(tensor: Tensor, more: number, onRow: OnRow): ScoredTable {
    const { output, labels, rows: form, scoreThreshold } = this.#options;
    const isRaw = form === 'raw';
    const width = isRaw ? (labels > 0 ? 4 + labels + more : undefined) : FINISHED + more;
    const rows = rowsOf(tensor.shape, width, isRaw ? 'rows-last' : 'rows-first');
    if (!rows || rows.width < 5 + more) {
      const needed = isRaw ? `[1, ${width ?? `4 + classes${more > 0 ? ` + ${more}` : ''}`}, N]` : `[1, N, ${width}]`;
      throw unexpectedShape(output, tensor.shape, needed);
    }
    const values = numbersOf(tensor);
    if (isRaw) this.#findBest(values, rows, rows.width - more);
    const table = { values, step: rows.step, more: isRaw ? rows.width - more : FINISHED };
    for (let row = 0; row < rows.count; row++) {
      const at = row * rows.rowStep;
      const score = (isRaw ? this.#scores[row] : values[at + 4 * rows.step]) as number;
      if (!(score >= scoreThreshold)) continue;
      const classId = isRaw ? (this.#classes[row] as number) : Math.round(values[at + 5 * rows.step] as number);
      if (classId >= 0) onRow(values, at, score, classId, table.step, table.more);
    }
    return table;
  }

  /** Class by class, because that is how the numbers lie in memory. */
  #findBest(values: Numbers, rows: Rows, end: number): void {
    if (this.#scores.length !== rows.count) {
      this.#scores = new Float64Array(rows.count);
      this.#classes = new Int32Array(rows.count);
    }
    const [scores, classes] = [this.#scores, this.#classes];
    // Most rows have no class that scores high enough: nothing is written for these.
    scores.fill(this.#options.scoreThreshold - LESS);
    classes.fill(0);
    for (let column = 4; column < end; column++) {
      let at = column * rows.step;
      for (let row = 0; row < rows.count; row++, at += rows.rowStep) {
        const score = values[at] as number;
        if (score > (scores[row] as number)) {
          scores[row] = score;
          classes[row] = column - 4;
        }
      }
    }
  }
}

/** Below what two scores of a model can differ by. */
const LESS = 1e-12;
/** Box, score and class. */
const FINISHED = 6;
