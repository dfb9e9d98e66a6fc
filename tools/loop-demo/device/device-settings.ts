import {
  DOUBTFUL_SCORE,
  HEARTBEAT_SECONDS,
  MODEL,
  SAMPLE_THRESHOLD,
  SAMPLES_PER_HOUR,
  UPLINK_MB_PER_DAY,
  WINDOW_HOURS,
} from '../settings.ts';

/** ConfigIds of the uploader. */
export const OFFERED = 'Offered';
const DIFFERENCES = 'Differences';
export const BUCKET = 'loop-samples';

/** As a deployment would set them. */
export const AGENT_SETTINGS = {
  SignaturePolicy: 'off',
  HeartbeatPeriodSeconds: HEARTBEAT_SECONDS,
  StatePeriodSeconds: 0,
  Drift: { WindowHours: WINDOW_HOURS },
  // The demo compares every picture, so that it ends in minutes.
  ChallengerShare: 100,
  ChallengerCpuShare: 100,
  // This machine does everything at once: only a hang exceeds these.
  LocalInferenceServiceTimeoutSeconds: 3_600,
  LoadTimeoutSeconds: 3_600,
  Services: { [MODEL]: { ChallengerFeedbackConfigId: DIFFERENCES } },
};

/** Strategy of the samples: pictures unlike the baseline, or, once the mix of pictures has changed, those with a doubtful answer. */
export type SampleStrategy = keyof typeof STRATEGIES;

const STRATEGIES = {
  unusual: { 'strategy-name': 'DRIFT', threshold: SAMPLE_THRESHOLD },
  doubtful: { 'strategy-name': 'LEAST_CONFIDENCE', threshold: DOUBTFUL_SCORE },
} as const;

/** @param prefix folder of the device in the bucket */
export function uploaderSettings(prefix: string, strategy: SampleStrategy): object {
  const quota = { 'per-hour': SAMPLES_PER_HOUR };
  const place = { 's3-bucket-name': BUCKET, 's3-prefix': prefix, 'content-type': 'image/jpeg', 'file-ext': 'jpg' };
  return {
    UplinkMBPerDay: UPLINK_MB_PER_DAY,
    FeedbackConfigurationMap: {
      [OFFERED]: { ...place, 'sampling-strategy': { ...STRATEGIES[strategy], quota } },
      [DIFFERENCES]: { ...place, 'sampling-strategy': { 'strategy-name': 'DISAGREEMENT', quota } },
    },
  };
}
