import type { Random } from './random.ts';

/** Damages a file in one to four ways, as disks, networks and attackers do. */
export function mutateBytes(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let result = Uint8Array.from(bytes);
  for (let times = 1 + random.below(4); times > 0; times--) result = random.pick(WAYS)(result, random, others);
  return result;
}

type Way = (bytes: Uint8Array<ArrayBuffer>, random: Random, others: readonly Uint8Array[]) => Uint8Array<ArrayBuffer>;

/** Headers decide most, so half of the damage is done to the first bytes. */
function place(bytes: Uint8Array, random: Random): number {
  return random.below(Math.max(1, random.next() < 0.5 ? Math.min(64, bytes.length) : bytes.length));
}

const INTERESTING = [0x00, 0x01, 0x7f, 0x80, 0xd8, 0xda, 0xfe, 0xff];

const WAYS: readonly Way[] = [
  function flipBit(bytes, random) {
    const at = place(bytes, random);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[place(bytes, random)] = random.next() < 0.5 ? random.pick(INTERESTING) : random.below(256);
    return bytes;
  },
  function setNumber(bytes, random) {
    const at = place(bytes, random);
    const value = random.pick([0, 1, 0xff, 0xffff, 0x7fffffff, 0xffffffff]);
    for (let index = 0; index < 4 && at + index < bytes.length; index++)
      bytes[at + index] = (value >>> (8 * index)) & 0xff;
    return bytes;
  },
  function cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function remove(bytes, random) {
    const at = place(bytes, random);
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32)));
  },
  function insert(bytes, random) {
    const at = place(bytes, random);
    const extra = Uint8Array.from({ length: 1 + random.below(32) }, () => random.below(256));
    return join(bytes.subarray(0, at), extra, bytes.subarray(at));
  },
  function repeat(bytes, random) {
    const at = place(bytes, random);
    const part = bytes.subarray(at, at + 1 + random.below(256));
    return join(bytes.subarray(0, at), part, part, bytes.subarray(at));
  },
  function overwrite(bytes, random) {
    const at = place(bytes, random);
    bytes.fill(random.pick(INTERESTING), at, at + 1 + random.below(64));
    return bytes;
  },
  function splice(bytes, random, others) {
    const other = random.pick(others);
    return join(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1)));
  },
];

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Puts nonsense somewhere into a JSON value: other types, extreme numbers, missing and extra keys. */
export function mutateJson(value: unknown, random: Random): unknown {
  if (random.next() < 0.15 || typeof value !== 'object' || value === null) return random.pick(NONSENSE);
  if (Array.isArray(value)) {
    if (value.length === 0) return [random.pick(NONSENSE)];
    const at = random.below(value.length);
    return (value as unknown[]).map((one, index) => (index === at ? mutateJson(one, random) : one));
  }
  const entries = Object.entries(value);
  const way = random.next();
  if (way < 0.15) return Object.fromEntries(entries.filter((_, index) => index !== random.below(entries.length)));
  if (way < 0.25) return { ...value, [random.pick(['extra', '__proto__', 'constructor', ''])]: random.pick(NONSENSE) };
  const at = random.below(entries.length);
  return Object.fromEntries(entries.map(([key, one], index) => [key, index === at ? mutateJson(one, random) : one]));
}

const NONSENSE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53,
  '',
  'x',
  '../..',
  '/etc/passwd',
  '\u0000',
  'NHWC',
  'uint8',
  'float16',
  'GRAY',
  'tensor',
  'ssd',
  [],
  {},
  [[]],
  [1],
  [0, 0, 0],
  3,
  7,
  8,
  64,
  100_000,
];
