import { errorCatalog } from '#packages/foundation';

export const annotationErrors = errorCatalog({
  'annotation.failed': {
    todo: 'Read the reason. Results are published all the same; set Annotate.Enabled to false to do without the images.',
  },
});
