import { errorCatalogue } from '#packages/foundation';

export const archiveErrors = errorCatalogue({
  'archive.unknown-format': {
    status: 422,
    todo: 'Give a .zip or a .tar.gz; what the file is called does not matter, what is in it does.',
  },
  'archive.damaged': { status: 422, todo: 'Fetch the archive again or make it anew: it cannot be read to its end.' },
  'archive.unsafe-entry': {
    status: 422,
    todo: 'Make the archive from plain files and folders: absolute names, "..", links and double names are refused.',
  },
  'archive.too-large': {
    status: 413,
    todo: 'Take files that the model does not need out of the archive, or raise MaxPackageMB of the agent.',
  },
});
