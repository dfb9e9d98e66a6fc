import { entry, errorCatalog } from '#packages/foundation';

export const optimizeErrors = errorCatalog({
  'optimize.failed': entry<{ readonly kind: string }>({
    todo: 'Read what ONNX Runtime says. A model that its tools cannot convert stays as it is; `--kind` leaves one kind out.',
  }),
  'optimize.no-packages': {
    todo: 'Check the network and the registry of Python packages (`pip config list`), then run the command again.',
  },
  'optimize.no-python': {
    todo: 'Install Python 3.10 or newer with its module venv (Debian: python3-venv), or name another one with --python.',
  },
  'optimize.unsuited': entry<{ readonly package: string }>({
    todo: 'Give the folder of a package that takes pictures and has an fp32 variant for the CPU, and pictures with --image or golden cases.',
  }),
});
