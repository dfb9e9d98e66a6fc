import { errorCatalogue } from '#packages/foundation';

export const authorizationErrors = errorCatalogue({
  'authorization.bad-resource': {
    status: 400,
    todo: 'Use `*` for any run of characters and ${*}, ${?} or ${$} for the characters themselves.',
  },
});
