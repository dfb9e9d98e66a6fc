import { errorCatalogue } from '#packages/foundation';

/** What can be wrong with `model.json` itself. */
export const packageErrors = errorCatalogue({
  'model.manifest-invalid': {
    status: 422,
    todo: "Correct the keys that the message names in the package's model.json; docs/models.md shows a complete one for each model family.",
  },
});
