import { errorCatalogue } from '#packages/foundation';

const LOOK_AT_MODEL = 'Compare with `edgeml inspect --onnx FILE`, correct model.json, or export the model again.';

/** Images that cannot be looked at. */
export const imageErrors = errorCatalogue({
  'image.empty': {
    status: 400,
    todo: 'Send the bytes of an image; check that the sender had finished writing the file.',
  },
  'image.unrecognised': {
    status: 415,
    todo: 'Send JPEG, PNG, WebP or npy; a file name or content type does not make it one.',
  },
  'image.unsupported': { status: 415, todo: 'Convert the image to 8-bit JPEG, PNG or WebP.' },
  'image.corrupt': {
    status: 422,
    todo: 'Send the image again; check the transfer, the disk and the camera if it happens again.',
  },
  'image.too-large': {
    status: 413,
    todo: 'Send a smaller image, or raise the limit of pixels in the configuration of the agent.',
  },
});

/** Models that cannot be loaded or run. */
export const visionErrors = errorCatalogue({
  'model.file-missing': { status: 422, todo: 'Put the file into the package, or correct its name in model.json.' },
  'model.unreadable': {
    status: 422,
    todo: 'Export the model to ONNX again and check the copy; `edgeml inspect --onnx FILE` reads it too.',
  },
  'model.interface-mismatch': { status: 422, todo: LOOK_AT_MODEL },
  'model.output-unexpected': { status: 422, todo: LOOK_AT_MODEL },
  'model.provider-unavailable': {
    status: 503,
    todo: 'Install what the reasons name, or allow a further provider (EDGEML_PROVIDERS, requireProvider).',
  },
  'model.run-failed': {
    status: 500,
    todo: 'Read the reason; try the model with `edgeml predict` and on the provider "cpu".',
  },
  'model.input-invalid': { status: 400, todo: 'Send tensors with the names, types and shapes that the model lists.' },
  'model.closed': { status: 503, todo: 'Ask again: a newer instance of the model has taken over.' },
  'model.golden-unusable': {
    status: 422,
    todo: 'Correct the golden files of the package; `edgeml predict --json` prints predictions in their form.',
  },
  'model.no-variant': {
    status: 422,
    todo: 'Read the reason of each candidate; at least one variant must run here and pass the golden test.',
  },
});
