import { errorCatalogue } from '#packages/foundation';

export const annotationErrors = errorCatalogue({
  'annotation.failed': {
    todo: 'Read the reason. Results are published all the same; set Annotate.Enabled to false to do without the images.',
  },
});
