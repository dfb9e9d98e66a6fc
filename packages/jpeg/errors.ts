import { errorCatalog } from '#packages/foundation';

/** JPEG pictures that cannot be written. */
export const jpegErrors = errorCatalog({
  'jpeg.frame-invalid': {
    todo: 'Size, format and strides of a frame must be those of its bytes: check what writes the frames, or what declares their format.',
  },
  'jpeg.not-encoded': {
    todo: 'Read the reason. A side of a JPEG has at most 65,500 pixels; a camera with more needs MaxWidth.',
  },
});
