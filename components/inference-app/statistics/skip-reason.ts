/**
 * Why an image did not get predictions from a service. `stale`: a fresher one came, or it waited too long. `busy`: earlier work was not done.
 * `decode`: it cannot be decoded. `budget`: too large. `deadline`: no answer in time. `gone`: the file went away.
 * `model`: no model, or the model failed. `stopped`: the component ended or the source was changed.
 * `unchanged`: the camera still had the picture before, or nothing moved. `unreachable`: the camera did not give one. `cut`: the stream ended within it.
 * `watchdog`: the stream stood still within it.
 */
export type SkipReason =
  | 'stale'
  | 'busy'
  | 'decode'
  | 'budget'
  | 'deadline'
  | 'gone'
  | 'model'
  | 'stopped'
  | 'unchanged'
  | 'unreachable'
  | 'cut'
  | 'watchdog';
