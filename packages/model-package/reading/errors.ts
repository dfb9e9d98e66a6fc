import { errorCatalogue } from '#packages/foundation';

/** What can be wrong with a package before its model is looked at. */
export const readingErrors = errorCatalogue({
  'package.not-found': {
    status: 404,
    todo: 'Give the absolute path of the package folder (or .tar.gz / .zip) as the agent sees it; on a device that is below {artifacts:decompressedPath}.',
  },
  'package.not-a-package': {
    status: 422,
    todo: 'A model package is a folder (or a .tar.gz / .zip of one) with a model.json; docs/models.md shows one.',
  },
  'package.unreadable': {
    status: 422,
    todo: "Let the agent's user read the package: `Permission: { Read: OWNER }` on the artifact, or mode 0644 for files and 0755 for folders.",
  },
  'package.link': {
    status: 422,
    todo: 'Put the files themselves in the package: links, pipes and devices are refused, since they reach outside of it.',
  },
  'package.bad-name': {
    status: 422,
    todo: 'Rename the file: names may not be absolute, contain "..", a backslash or control characters, or be over 255 bytes.',
  },
  'package.too-large': {
    status: 413,
    todo: 'Take files that the model does not need out of the package, or raise MaxPackageMB of the agent.',
  },
  'package.manifest-unreadable': {
    status: 422,
    todo: 'Correct model.json: it must be a JSON object of less than 1 MB.',
  },
  'package.file-missing': {
    status: 422,
    todo: 'Add the file to the package, or take its name out of model.json.',
  },
  'package.changed': {
    status: 409,
    todo: 'Write the package completely, or move a finished one to its place, and activate it after that.',
  },
  'package.edge-manifest-mismatch': {
    status: 422,
    todo: 'Write sagemaker_edge_manifest anew (edgeml package does), so that it names the same model as model.json.',
  },
});
