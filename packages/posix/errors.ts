import { entry, errorCatalog } from '#packages/foundation';

/** The system call that failed, if it was one. */
interface CallFacts {
  readonly call?: string;
  readonly errno?: string;
}

/** Refusals of the kernel, or on the way to it. */
export const posixErrors = errorCatalog({
  'confinement.path-missing': { todo: 'Name files and folders that exist when the process confines itself.' },
  'descriptor.missing': { todo: 'Report it: the other side must send a descriptor before it tells of it.' },
  'path.not-below': entry<{ readonly path: string; readonly folder: string }>({
    todo: 'Name a file below the folder, without links or ".." on the way.',
  }),
  'posix.denied': entry<CallFacts>({
    todo: "The component's user lacks the right that the message names. Give it, or do without: the caller says what is lost.",
  }),
  'posix.failed': entry<CallFacts>({ todo: 'Report it with the call and the error number of the message.' }),
  'posix.no-memory': entry<CallFacts & { readonly bytes?: number; readonly availableBytes?: number }>({
    status: 507,
    todo: 'Free memory on the device, raise MemoryMax of the unit or container, or ask for less.',
  }),
  'posix.no-process': entry<CallFacts & { readonly pid?: number }>({
    todo: 'The process has ended; start another one.',
  }),
  'posix.parent-gone': entry<{ readonly parentPid: number; readonly ppid: number }>({
    todo: 'Nothing: the parent has ended, and so must this process.',
  }),
  'posix.unsupported': entry<CallFacts>({
    todo: 'This needs Linux on x64, arm64 or armv7l, a kernel that knows the call, and the package koffi, which edgeml.Runtime carries.',
  }),
  'shared-region.closed': { todo: 'Report it: somebody uses a shared region after its end.' },
  'shared-region.not-sealed': entry<{ readonly fd: number; readonly seals: number | undefined }>({
    todo: 'Pass the descriptor of a region made by createSharedRegion; memory whose size can change is never mapped.',
  }),
  'shared-region.size-invalid': { todo: 'Ask for a whole number of bytes, at least 1.' },
  'shared-region.wrong-size': entry<{ readonly fd: number; readonly size: number; readonly bytes: number }>({
    todo: 'Give both sides the same size.',
  }),
});
