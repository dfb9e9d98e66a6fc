import { mutateBytes } from '../vision/fuzz/mutate.ts';
import type { Random } from '../vision/fuzz/random.ts';

/** Longer inputs say little more, and take longer. */
const MAX_BYTES = 65_536;

/** A damaged copy of one input of the corpus: bytes changed, cut and repeated, parts of other inputs, words of the format. */
export function mutate(
  bytes: Uint8Array,
  random: Random,
  corpus: readonly Uint8Array[],
  dictionary: readonly string[],
): Uint8Array {
  const way = random.next();
  if (dictionary.length > 0 && way < 0.25) return withWord(bytes, random, dictionary);
  if (way < 0.35) return withNumber(bytes, random);
  return mutateBytes(bytes, random, corpus).subarray(0, MAX_BYTES);
}

/** Puts a word of the format somewhere, in the place of as many bytes or between them. */
function withWord(bytes: Uint8Array, random: Random, dictionary: readonly string[]): Uint8Array {
  const word = Buffer.from(random.pick(dictionary), 'latin1');
  const at = random.below(bytes.length + 1);
  const rest = bytes.subarray(random.next() < 0.5 ? at : Math.min(bytes.length, at + word.length));
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), word, rest])).subarray(0, MAX_BYTES);
}

const NUMBERS = ['0', '1', '-1', '255', '65536', '2147483647', '4294967296', '9007199254740993', '1e9', '1e308', 'NaN'];

/** Replaces a run of digits, of which headers in text are full, by a number at the edge of a type. */
function withNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return mutateBytes(bytes, random, [bytes]);
  const { index, 0: digits } = random.pick(numbers);
  const changed = `${text.slice(0, index)}${random.pick(NUMBERS)}${text.slice(index + digits.length)}`;
  return Uint8Array.from(Buffer.from(changed, 'latin1'));
}
