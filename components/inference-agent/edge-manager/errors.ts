import { errorCatalogue } from '#packages/foundation';

/** What clients of Edge Manager are told beside the errors of models, packages and captures. */
export const edgeManagerErrors = errorCatalogue({
  'edge-manager.alias-invalid': {
    status: 400,
    todo: 'Name models with letters and digits, with "-" between them: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*$, 128 at most.',
  },
  'edge-manager.no-name': { status: 400, todo: 'Name the model by `name` or `handle`.' },
  'edge-manager.already-loaded': {
    status: 409,
    todo: 'Use the model as it is, or unload it first (UnLoadModel).',
  },
  'edge-manager.not-loaded': {
    status: 404,
    todo: 'Load the model first (LoadModel); ListModels tells what is loaded.',
  },
  'edge-manager.deployed-model': {
    status: 412,
    todo: 'The model belongs to a Greengrass component. Remove or replace the component; a client may load the model under another name.',
  },
  'edge-manager.tensor-invalid': {
    status: 400,
    todo: 'Send the tensors that DescribeModel tells: names, data types, shapes, and as many bytes as those say.',
  },
  'edge-manager.socket-exists': {
    status: 409,
    todo: 'Another agent may be running. Remove the file, or start with -f to have it removed.',
  },
  'edge-manager.socket-unsupported': {
    status: 501,
    todo: 'Set EdgeManager to "off" on this platform: its clients reach the agent by a Unix socket only.',
  },
});

/** System V shared memory that cannot be read. */
export const sharedMemoryErrors = errorCatalogue({
  'shared-memory.unsupported': {
    status: 501,
    todo: 'Send the tensor as byte_data. Shared memory needs Linux and the package koffi, which edgeml.Runtime carries.',
  },
  'shared-memory.not-found': {
    status: 400,
    todo: 'Give the id that shmget returned, of a segment that still exists and that the agent sees (same IPC namespace).',
  },
  'shared-memory.writable': {
    status: 400,
    todo: 'Take the write permission from everybody, e.g. mode 0400 or 0440 (shmctl IPC_SET), before the segment is handed over.',
  },
  'shared-memory.denied': {
    status: 403,
    todo: "Let the agent's user read the segment: the same user, or its group with mode 0440.",
  },
  'shared-memory.out-of-range': {
    status: 400,
    todo: 'Offset and size must lie within the segment. A size of 0 follows from shape and data type.',
  },
});
