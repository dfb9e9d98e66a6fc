import { errorCatalogue } from '#packages/foundation';

/** What the kernel, or the way to it, refuses. */
export const posixErrors = errorCatalogue({
  'posix.unsupported': {
    status: 501,
    todo: 'This needs Linux on x64, arm64 or armv7l, a kernel that knows the call, and the package koffi, which edgeml.Runtime carries.',
  },
  'posix.denied': {
    status: 403,
    todo: "The component's user lacks the right that the message names. Give it, or do without: the caller says what is lost.",
  },
  'posix.no-memory': {
    status: 507,
    todo: 'Free memory on the device, raise MemoryMax of the unit or container, or ask for less.',
  },
  'posix.failed': {
    status: 500,
    todo: 'Report it with the call and the error number of the message.',
  },
  'posix.no-process': {
    status: 404,
    todo: 'The process has ended; start another one.',
  },
  'posix.parent-gone': {
    status: 410,
    todo: 'Nothing: the parent has ended, and so must this process.',
  },
});

/** Shared memory that cannot be trusted or is no longer there. */
export const sharedRegionErrors = errorCatalogue({
  'shared-region.size-invalid': {
    status: 400,
    todo: 'Ask for a whole number of bytes, at least 1.',
  },
  'shared-region.not-sealed': {
    status: 400,
    todo: 'Pass the descriptor of a region made by createSharedRegion; memory whose size can change is never mapped.',
  },
  'shared-region.wrong-size': {
    status: 400,
    todo: 'Give both sides the same size.',
  },
  'shared-region.closed': {
    status: 500,
    todo: 'Report it: somebody uses a shared region after its end.',
  },
});

/** A confinement that cannot be described. */
export const confinementErrors = errorCatalogue({
  'confinement.path-missing': {
    status: 400,
    todo: 'Name files and folders that exist when the process confines itself.',
  },
});
