import { errorCatalogue } from '#packages/foundation';

/** JPEG pictures that cannot be written. */
export const jpegErrors = errorCatalogue({
  'jpeg.not-encoded': {
    todo: 'Read the reason. JPEG has no more than 65,500 pixels on a side; a camera with more needs MaxWidth.',
  },
});
