import { errorCatalogue } from '#packages/foundation';

export const driftErrors = errorCatalogue({
  'drift.baseline-invalid': {
    status: 422,
    todo: 'Write the baseline anew with `edgeml package --baseline DIR`: it was changed by hand, or a newer EdgeML has written it.',
  },
});
