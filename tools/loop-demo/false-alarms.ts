/**
 * False alarms of streams that do not change, by `npm run campaign -- drift-streams --times 500` with the seeds 1 and 2, as docs/drift.md
 * tells: a run of the demo is far too short to estimate them.
 */
export const FALSE_ALARMS = {
  streams: 1_000,
  deviceYears: 90.1,
  alarms: 19,
  perYear: 0.21,
  perYearAtMost: 0.31,
} as const;
