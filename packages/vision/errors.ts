import { entry, errorCatalog } from '#packages/foundation';
import type { InputSpec, Provider } from '#packages/model-package';
import type { Fallback, TensorInfo } from './loaded-model.ts';
const LOOK_AT_MODEL = 'Compare with `edgeml inspect --onnx FILE`, correct model.json, or export the model again.';
/** Images that cannot be decoded, and models that cannot be loaded or run. */
export const visionErrors = errorCatalog({
  'image.corrupt': {
    status: 422,
    todo: 'Send the image again; check the transfer, the disk and the camera if it happens again.',
  },
  'image.empty': {
    status: 400,
    todo: 'Send the bytes of an image; check that the sender had finished writing the file.',
  },
  'image.frame-invalid': {
    status: 400,
    todo: 'Size, format and strides of a frame must be those of its bytes: check what writes the frames, or what declares their format.',
  },
  'image.too-large': entry<{ readonly width: number; readonly height: number; readonly maxPixels: number }>({
    status: 413,
    todo: 'Send a smaller image, or raise MaxImageMegapixels in the configuration of the agent.',
  }),
  'image.unrecognised': entry<{ readonly bytes: number }>({
    status: 415,
    todo: 'Send JPEG, PNG, WebP, BMP, TIFF or npy; a file name or content type does not make it one.',
  }),
  'image.unsupported': entry<{ readonly format: string }>({
    status: 415,
    todo: 'Read the reason; convert the image to PNG, JPEG or BMP without compression, or to TIFF without compression or with LZW, PackBits or Deflate.',
  }),
  'model.closed': { status: 503, todo: 'Ask again: a newer instance of the model has taken over.' },
  'model.file-missing': { status: 422, todo: 'Put the file into the package, or correct its name in model.json.' },
  'model.golden-unusable': entry<{ readonly file: string }>({
    status: 422,
    todo: 'Correct the golden files of the package; `edgeml predict --json` prints predictions in their form.',
  }),
  'model.input-invalid': { status: 400, todo: 'Send tensors with the names, types and shapes that the model lists.' },
  'model.interface-mismatch': entry<{
    readonly inputs?: readonly TensorInfo[];
    readonly input?: InputSpec;
    readonly outputs?: readonly string[];
    readonly key?: string;
    readonly name?: string | undefined;
  }>({ status: 422, todo: LOOK_AT_MODEL }),
  'model.no-variant': entry<{ readonly results: readonly { readonly candidate: string; readonly outcome: string }[] }>({
    status: 422,
    todo: 'Read the reason of each candidate; at least one variant must run here and pass the golden test.',
  }),
  'model.output-unexpected': entry<{
    readonly output?: string;
    readonly shape?: readonly number[];
    readonly needed?: string;
    readonly classes?: number;
    readonly labels?: number;
  }>({ status: 422, todo: LOOK_AT_MODEL }),
  'model.provider-unavailable': entry<{
    readonly requested: readonly Provider[];
    readonly fallbacks: readonly Fallback[];
  }>({
    status: 503,
    todo: 'Install what the reasons name, or allow a further provider (EDGEML_PROVIDERS, requireProvider).',
  }),
  'model.run-failed': {
    status: 500,
    todo: 'Read the reason; try the model with `edgeml predict` and on the provider "cpu".',
  },
  'model.unreadable': entry<{ readonly file: string; readonly reason: string }>({
    status: 422,
    todo: 'Export the model to ONNX again and check the copy; `edgeml inspect --onnx FILE` reads it too.',
  }),
  'tensor.file-invalid': entry<{ readonly file: string }>({
    status: 422,
    todo: 'Save the arrays with numpy.savez (by the names of inputs or outputs) or numpy.save, C order, plain numbers or text.',
  }),
});
