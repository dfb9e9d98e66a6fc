import type { Architecture, SystemCall } from '../libc/system-calls.ts';
import { LAST_KNOWN_CALL, numberOf } from '../libc/system-calls.ts';

/** The rule for one system call; calls without a rule are allowed. */
export interface CallRule {
  readonly call: SystemCall;
  /** Error number that the call answers instead of running. */
  readonly errno: number;
  /** Denied only if all of these hold; without any, always. */
  readonly if?: readonly ArgumentTest[];
}

/** A test of the lower 32 bits of an argument, which is all that the arguments tested here have. */
interface ArgumentTest {
  /** 0 to 5. */
  readonly argument: number;
  /** Bits that count. Default: all 32. */
  readonly mask?: number;
  /** `in`: the argument is one of the values; `not-in`: it is none of them. */
  readonly is: 'in' | 'not-in';
  readonly values: readonly number[];
}

/**
 * The program of a filter of system calls: classic BPF over `struct seccomp_data`, 8 bytes an instruction.
 * Calls of another architecture, by which the numbers would mean something else, end the process. Calls that came after our table
 * answer ENOSYS, as on an older kernel.
 * Source: seccomp(2), linux/filter.h, linux/seccomp.h, linux/audit.h.
 */
export function filterProgram(rules: readonly CallRule[], architecture: Architecture): Uint8Array {
  return encode([
    load(DATA.architecture),
    jump(BPF.equal, AUDIT_ARCHITECTURE[architecture], 1, 0),
    answer(ACTION.killProcess),
    load(DATA.number),
    ...unknownCalls(architecture),
    ...rules.flatMap((rule) => instructionsOf(rule, numberOf(rule.call, architecture))),
    answer(ACTION.allow),
  ]);
}

interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly value: number;
}

const BPF = { loadWord: 0x20, and: 0x54, equal: 0x15, greater: 0x25, greaterOrEqual: 0x35, answer: 0x06 } as const;
const DATA = { number: 0, architecture: 4, arguments: 16 } as const;
const ACTION = { killProcess: 0x8000_0000, errno: 0x0005_0000, allow: 0x7fff_0000 } as const;
const AUDIT_ARCHITECTURE: Readonly<Record<Architecture, number>> = {
  x64: 0xc000_003e,
  arm64: 0xc000_00b7,
  arm: 0x4000_0028,
};
const ENOSYS = 38;
/** Calls that only arm has, e.g. to flush the cache after code was written: asm/unistd.h. */
const ARM_PRIVATE_CALLS = 0x0f_0000;

/** On x64 the numbers of the x32 interface are above, too, and are denied with them. */
function unknownCalls(architecture: Architecture): readonly Instruction[] {
  const deny = [jump(BPF.greater, LAST_KNOWN_CALL, 0, 1), answer(ACTION.errno | ENOSYS)];
  if (architecture !== 'arm') return deny;
  return [jump(BPF.greaterOrEqual, ARM_PRIVATE_CALLS, 0, 1), answer(ACTION.allow), ...deny];
}

function instructionsOf(rule: CallRule, number: number | undefined): readonly Instruction[] {
  if (number === undefined) return [];
  const decision = [...(rule.if ?? []).flatMap(allowUnless), answer(ACTION.errno | rule.errno)];
  return [jump(BPF.equal, number, 0, decision.length), ...decision];
}

/** Goes on after its last instruction if the test holds. */
function allowUnless({ argument, mask, is, values }: ArgumentTest): readonly Instruction[] {
  const allow = answer(ACTION.allow);
  const comparisons =
    is === 'not-in'
      ? values.flatMap((value) => [jump(BPF.equal, value, 0, 1), allow])
      : [...values.map((value, index) => jump(BPF.equal, value, values.length - index, 0)), allow];
  return [
    load(DATA.arguments + 8 * argument),
    ...(mask === undefined ? [] : [{ code: BPF.and, ifTrue: 0, ifFalse: 0, value: mask }]),
    ...comparisons,
  ];
}

function load(offset: number): Instruction {
  return { code: BPF.loadWord, ifTrue: 0, ifFalse: 0, value: offset };
}

/** Skips so many instructions. */
function jump(code: number, value: number, ifTrue: number, ifFalse: number): Instruction {
  return { code, ifTrue, ifFalse, value };
}

function answer(value: number): Instruction {
  return { code: BPF.answer, ifTrue: 0, ifFalse: 0, value };
}

/** `struct sock_filter`; all our architectures are little-endian. */
function encode(instructions: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * instructions.length));
  instructions.forEach(({ code, ifTrue, ifFalse, value }, index) => {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, ifTrue);
    view.setUint8(8 * index + 3, ifFalse);
    view.setUint32(8 * index + 4, value >>> 0, true);
  });
  return new Uint8Array(view.buffer);
}
