import { errorCatalog } from '#packages/foundation';

export const driftErrors = errorCatalog({
  'drift.baseline-invalid': {
    status: 422,
    todo: 'Write the baseline again with `edgeml package --baseline DIR`: it was changed by hand, or a newer EdgeML has written it.',
  },
});
