import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Box, ModelManifest, Prediction } from '#packages/model-package';
import { convexOverlap } from '#packages/shapes';
import { boxIou, comparePredictions } from '#packages/vision';
import { runHere } from '../package/in-process.ts';
import type { ReferenceFamily } from './families.ts';

export interface ComparedFamily {
  readonly family: ReferenceFamily;
  /** Proposal of `inspect`, in words. */
  readonly proposed: string;
  /** Share of the reference's answers that ours agree with. */
  readonly agrees: number;
  /** The same in words. */
  readonly agreement: string;
}

interface ExpectedBox {
  readonly label?: string;
  readonly score?: number;
  readonly box?: Box;
  /** Of a turned box. */
  readonly corners?: Prediction['corners'];
}

/** Evenly spaced elements of a tensor, and the largest element of each row. */
interface KeptTensor {
  readonly shape: readonly number[];
  readonly stride: number;
  readonly values: readonly number[];
  readonly best: readonly number[];
}

interface ExpectedCase {
  readonly case: string;
  readonly boxes?: readonly ExpectedBox[];
  /** Whole predictions, which are compared as golden tests compare them, within EXACT. */
  readonly predictions?: readonly Prediction[];
  /** Texts of a recognizer, at most one. */
  readonly texts?: readonly { readonly text: string; readonly score: number }[];
  readonly outputs?: Readonly<Record<string, KeptTensor>>;
}

interface GivenAnswer {
  readonly width: number;
  readonly height: number;
  readonly predictions: readonly Prediction[];
  readonly outputs?: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
}

/** Corners of the references are whole pixels, of nudenet's second corner twice rounded. */
const PIXELS = 2;
const SCORE_TOLERANCE = 0.02;
const LOOSE_IOU = 0.75;
/** Their corners are cut to whole pixels twice, and lines of text are few pixels high. */
const TURNED_IOU = 0.8;
const TIE = 1e-5;
/** The same numbers come out but for what float32 loses. */
const EXACT = { scoreTolerance: 0.002, iou: 0.98, pointTolerance: 0.005, angleTolerance: 0.005 };
const NO_BOUNDS = { threshold: -Infinity, limit: Infinity };

/** Packages a model as its user would, asks it about every case, and compares. */
export async function compareFamily(family: ReferenceFamily, folder: string, work: string): Promise<ComparedFamily> {
  const { proposed, dir } = await packaged(family, folder, work);
  const expected = JSON.parse(await readFile(path.join(folder, 'expected.json'), 'utf8')) as readonly ExpectedCase[];
  const files = expected.map((one) => path.join(folder, 'cases', one.case));
  const { json, stderr } = await runHere(['predict', '--package', dir, '--json', '--image', ...files]);
  if (json.length !== files.length) throw new Error(`${family.name}: ${stderr}`);
  const answers = json as unknown as readonly GivenAnswer[];
  const pairs = expected.map((one, index) => ({ one, given: answers[index] as GivenAnswer }));
  if (expected.some(({ boxes }) => boxes)) return { family, proposed, ...boxesOf(pairs, family.looseBoxes ?? false) };
  if (expected.some(({ predictions }) => predictions)) return { family, proposed, ...predictionsOf(pairs) };
  if (expected.some(({ texts }) => texts)) return { family, proposed, ...textsOf(pairs) };
  return { family, proposed, ...tensorsOf(pairs) };
}

/** `inspect`, then `package` with the settings that it asks for. */
async function packaged(family: ReferenceFamily, folder: string, work: string) {
  const model = path.join(folder, 'model.onnx');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const inspected = await runHere(['inspect', '--onnx', model, '--json']);
  const { proposed, questions } = inspected.json[0] as unknown as {
    readonly proposed: ModelManifest;
    readonly questions: readonly { readonly keys: readonly string[] }[];
  };
  const settings = path.join(work, 'settings.json');
  await writeFile(settings, JSON.stringify({ ...family.settings, ...(await decidedIn(folder)) }));
  const labels = path.join(work, 'labels.txt');
  if (family.labels) await writeFile(labels, family.labels.join('\n'));
  const words = ['package', '--source', model, '--name', 'Model', '--manifest', settings, '--output', work];
  const made = await runHere([...words, ...(family.labels ? ['--labels', labels] : [])]);
  if (made.code !== 0) throw new Error(`${family.name} cannot be packaged: ${made.stderr}`);
  const [name = ''] = await readdir(path.join(work, 'packages'));
  return { proposed: inWords(proposed, questions), dir: path.join(work, 'packages', name) };
}

/** Settings that the reference's training decided, if it wrote any. */
async function decidedIn(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path.join(folder, 'settings.json'), 'utf8').catch(() => '{}');
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

function inWords(
  { task, output, input }: ModelManifest,
  questions: readonly { readonly keys: readonly string[] }[],
): string {
  const asked = questions.flatMap(({ keys }) => keys.map((key) => `\`${key}\``));
  const size = input && 'width' in input ? `${input.width} × ${input.height}` : undefined;
  const parts = [
    task === 'tensor' ? 'tensors' : `\`${output.decoder}\``,
    ...(size === undefined || asked.includes('`input.width`') ? [] : [size]),
    ...(input && 'resize' in input && input.resize !== undefined ? [String(input.resize)] : []),
    ...(asked.length > 0 ? [`asks for ${asked.join(', ')}`] : []),
  ];
  return parts.join(', ');
}

type Agreement = Pick<ComparedFamily, 'agrees' | 'agreement'>;
type Pairs = readonly { readonly one: ExpectedCase; readonly given: GivenAnswer }[];

function boxesOf(pairs: Pairs, isLoose: boolean): Agreement {
  return matched(pairs, 'boxes', (wanted, prediction, answer) => isSame(prediction, wanted, answer, isLoose));
}

function predictionsOf(pairs: Pairs): Agreement {
  return matched(pairs, 'predictions', (wanted, prediction) => {
    return comparePredictions([prediction], [wanted], EXACT, NO_BOUNDS).length === 0;
  });
}

/** Finds to each answer of the reference one of ours. */
function matched<Key extends 'boxes' | 'predictions'>(
  pairs: Pairs,
  key: Key,
  isMatch: (wanted: NonNullable<ExpectedCase[Key]>[number], prediction: Prediction, answer: GivenAnswer) => boolean,
): Agreement {
  let [count, found, given] = [0, 0, 0];
  for (const { one, given: answer } of pairs) {
    const left = [...answer.predictions];
    const wanted: readonly NonNullable<ExpectedCase[Key]>[number][] = one[key] ?? [];
    count += wanted.length;
    given += left.length;
    for (const each of wanted) {
      const at = left.findIndex((prediction) => isMatch(each, prediction, answer));
      if (at < 0) continue;
      left.splice(at, 1);
      found++;
    }
  }
  const more = given - found;
  const others = more > 0 ? `, and ${more} more` : '';
  return { agrees: count === 0 ? 0 : found / (count + more), agreement: `${found} of ${count} ${key}${others}` };
}

function isSame(
  { label, score, box, corners }: Prediction,
  wanted: ExpectedBox,
  { width, height }: Pick<GivenAnswer, 'width' | 'height'>,
  isLoose: boolean,
): boolean {
  if (wanted.corners) {
    const isThere = convexOverlap(corners ?? wanted.corners, wanted.corners) >= TURNED_IOU && corners !== undefined;
    return isThere && Math.abs((wanted.score ?? score) - score) <= SCORE_TOLERANCE;
  }
  if (!box || !wanted.box || (wanted.label ?? label) !== label) return false;
  if (isLoose) return boxIou(box, wanted.box) >= LOOSE_IOU;
  const isNear = box.every((side, axis) => {
    const by = Math.abs(side - (wanted.box?.[axis] ?? NaN)) * (axis % 2 === 0 ? width : height);
    return by <= PIXELS;
  });
  return isNear && Math.abs((wanted.score ?? score) - score) <= SCORE_TOLERANCE;
}

function textsOf(pairs: Pairs): Agreement {
  const isRead = ({ one, given }: Pairs[number]): boolean => {
    const [wanted] = one.texts ?? [];
    const [actual] = given.predictions;
    if (!wanted || !actual) return !wanted && !actual;
    return actual.text === wanted.text && Math.abs(actual.score - wanted.score) <= SCORE_TOLERANCE;
  };
  const same = pairs.filter(isRead).length;
  return { agrees: same / pairs.length, agreement: `${same} of ${pairs.length} texts` };
}

function tensorsOf(pairs: Pairs): Agreement {
  let [rows, same, worst] = [0, 0, 0];
  for (const { one, given } of pairs) {
    for (const [name, wanted] of Object.entries(one.outputs ?? {})) {
      const data = valuesOf(given, name, wanted);
      wanted.values.forEach((value, index) => {
        const by = Math.abs(value - (data[index * wanted.stride] ?? NaN));
        worst = Number.isNaN(by) ? Infinity : Math.max(worst, by);
      });
      const width = wanted.shape.at(-1) ?? 1;
      wanted.best.forEach((best, row) => {
        const values = data.slice(row * width, (row + 1) * width);
        // Several may be the largest, or differ in their last digits.
        if ((values[best] ?? NaN) >= Math.max(...values) - TIE) same++;
        rows++;
      });
    }
  }
  const difference = worst === 0 ? 'no difference' : `largest difference ${worst.toExponential(0)}`;
  return { agrees: same / rows, agreement: `${same} of ${rows} best of a row, ${difference}` };
}

/** A classifier's scores, put back into the order of its classes, or the output itself. */
function valuesOf({ predictions, outputs }: GivenAnswer, name: string, { shape }: KeptTensor): readonly number[] {
  const output = outputs?.[name];
  if (output) return output.shape.join() === shape.join() ? output.data : [];
  const scores = Array<number>(shape.at(-1) ?? 0).fill(0);
  for (const { classId, score } of predictions) scores[classId] = score;
  return scores;
}
