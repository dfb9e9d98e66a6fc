import { errorCatalogue } from '#packages/foundation';

/** Why a model is not activated, retired or rolled back. */
export const registryErrors = errorCatalogue({
  'model.not-active': {
    status: 404,
    todo: 'GET /v1/models lists the aliases that are active.',
  },
  'model.alias-invalid': {
    status: 400,
    todo: 'Use letters and digits, with "-", "_" or "." between them, 128 at most.',
  },
  'model.over-memory-limit': {
    status: 507,
    todo: 'Raise LocalInferenceServiceMemoryLimitKB of the service, lower Workers, or use a smaller model or variant.',
  },
  'model.no-memory': {
    status: 507,
    todo: 'Free memory on the device, lower Workers, or use a smaller model or variant.',
  },
  'model.golden-missing': {
    status: 422,
    todo: 'Add golden inputs to the package (edgeml package --golden IMAGE), or set GoldenPolicy of the agent to "warn".',
  },
  'model.no-previous': {
    status: 409,
    todo: 'A rollback needs a package that was active before under this alias and that the store still holds (StoreMaxMB).',
  },
  'model.quarantined': {
    status: 503,
    todo: 'Deploy another version of the model, which lifts the quarantine; the log has what its processes said before they died.',
  },
  'model.superseded': {
    status: 409,
    todo: 'Nothing: the agent is ending, or the client hung up before the model was ready.',
  },
});
