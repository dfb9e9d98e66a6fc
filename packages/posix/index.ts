/** What Node.js does not have of Linux: shared memory, limits and memory of processes, control groups, confinement. */
export { ChildCgroup } from './cgroup/child-cgroup.ts';
export type { CgroupLimits, CgroupMemory } from './cgroup/child-cgroup.ts';
export { cgroupDelegation } from './cgroup/delegation.ts';
export type { CgroupDelegation } from './cgroup/delegation.ts';
export { availableMemory } from './memory/available-memory.ts';
export type { AvailableMemory } from './memory/available-memory.ts';
export type { CgroupAllowance } from './memory/cgroup-allowance.ts';
export { dieWithParent } from './process/die-with-parent.ts';
export { limitDataMemory } from './process/limit-data-memory.ts';
export { processMemory, proportionalMemory, resetPeakMemory } from './process/process-memory.ts';
export type { ProcessMemory } from './process/process-memory.ts';
export { setNiceness } from './process/set-niceness.ts';
export { createSharedRegion } from './shared-memory/create-shared-region.ts';
export type { CreateRegionOptions } from './shared-memory/create-shared-region.ts';
export { openSharedRegion } from './shared-memory/open-shared-region.ts';
export type { OpenRegionOptions } from './shared-memory/open-shared-region.ts';
export type { SharedRegion } from './shared-memory/shared-region.ts';
