export { instantiateKernels } from './instantiate-kernels.ts';
export { growTo, plainMemory } from './kernel-memory.ts';
export type { KernelMemory } from './kernel-memory.ts';
