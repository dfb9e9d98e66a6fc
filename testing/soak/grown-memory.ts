import { median } from './memory.ts';
import { ROLES } from './series.ts';
import type { Role, SoakSample } from './series.ts';

/** A process loads, compiles and fills its caches for so long. */
const WARM_UP_SECONDS = 60;
/** Shorter lives say nothing. */
const LEAST_SECONDS = 120;
/** JavaScript that survives a collection: what was seen to come and go with faults of all kinds is half of it. */
const MOST_HEAP_MB = 1;
/** Of the whole process: the allocator keeps what a busy moment took, as far as it goes. */
const MOST_MEMORY_MB = 15;

/** The series that grew from the middle third to the last one of the life of each role's last process, after its warm-up, and should not have. */
export function grownMemory(samples: readonly SoakSample[]): readonly string[] {
  return ROLES.flatMap((role) => {
    const life = lastLife(samples, role);
    const heap = growth(life, ({ liveHeapMB }) => liveHeapMB[role]);
    const memory = growth(life, ({ memoryMB }) => memoryMB[role]);
    return [
      ...(heap > MOST_HEAP_MB
        ? [`the live heap of the ${role} grew by ${rounded(heap)} MB within its last process`]
        : []),
      ...(memory > MOST_MEMORY_MB
        ? [`the memory of the ${role} grew by ${rounded(memory)} MB within its last process`]
        : []),
    ];
  });
}

/** Samples of the process that played the role at the end. */
function lastLife(samples: readonly SoakSample[], role: Role): readonly SoakSample[] {
  const last = samples.findLast(({ pids }) => pids[role] !== undefined)?.pids[role];
  const life = samples.filter(({ pids }) => last !== undefined && pids[role] === last);
  const warm = (life[0]?.seconds ?? 0) + WARM_UP_SECONDS;
  const rest = life.filter(({ seconds }) => seconds >= warm);
  return (rest.at(-1)?.seconds ?? 0) - warm >= LEAST_SECONDS ? rest : [];
}

/** MB between the medians of the last two thirds. */
function growth(life: readonly SoakSample[], valueOf: (sample: SoakSample) => number | undefined): number {
  const values = life.flatMap((sample) => valueOf(sample) ?? []);
  const third = Math.floor(values.length / 3);
  return third === 0 ? 0 : median(values.slice(-third)) - median(values.slice(-2 * third, -third));
}

function rounded(megabytes: number): number {
  return Math.round(megabytes * 10) / 10;
}
