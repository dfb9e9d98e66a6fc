import type { DeviceEvent } from '../../device/live-line.ts';

/** An event for people: in a sentence, how bad it is, and what to do about it. */
export interface EventWords {
  readonly text: string;
  readonly level: 'good' | 'note' | 'warning' | 'error';
  readonly todo?: string;
}

interface Identity {
  readonly name?: string;
  readonly version?: string;
}

interface Facts {
  readonly model?: Identity;
  readonly from?: Identity;
  readonly to?: Identity;
  readonly former?: Identity;
  readonly serving?: Identity;
  readonly error?: { readonly message?: string; readonly todo?: string };
  readonly incident?: {
    readonly message?: string;
    readonly todo?: string;
    readonly severity?: string;
    readonly subject?: string;
  };
  readonly [fact: string]: unknown;
}

export function eventWords(event: DeviceEvent): EventWords {
  const facts = event as DeviceEvent & Facts;
  const words = WORDS[event.event]?.(facts);
  return words ?? { text: event.event.replaceAll('.', ' ').replaceAll('-', ' '), level: 'note' };
}

const WORDS: Readonly<Record<string, (facts: Facts) => EventWords>> = {
  'model.activated': ({ model, provider, durationMs }) => ({
    text: `${nameOf(model)} is in service on ${String(provider)}, ${seconds(durationMs)} after it came`,
    level: 'good',
  }),
  'model.swapped': ({ from, to, swapGapMs, requestsLost }) => ({
    text: `${nameOf(from)} has handed over to ${nameOf(to)}: ${milliseconds(swapGapMs)} without a model, ${String(requestsLost)} requests lost`,
    level: 'good',
  }),
  'model.restored': ({ model }) => ({ text: `${nameOf(model)} is back after a restart`, level: 'good' }),
  'model.kept': ({ model }) => ({ text: `${nameOf(model)} will be back after a restart`, level: 'good' }),
  'model.rejected': ({ alias, serving, error }) =>
    failed(
      `A package for ${String(alias)} was refused${serving ? `; ${nameOf(serving)} serves on` : ''}`,
      error,
      'error',
    ),
  'model.rolled-back': ({ from, to }) => ({ text: `Rolled back from ${nameOf(from)} to ${nameOf(to)}`, level: 'note' }),
  'model.retiring': ({ model }) => ({ text: `${nameOf(model)} will end once a successor is active`, level: 'note' }),
  'model.retired': ({ model }) => ({ text: `${nameOf(model)} has ended`, level: 'note' }),
  'model.restore-failed': ({ alias, error }) => failed(`${String(alias)} did not come back`, error, 'error'),
  'model.not-kept': ({ model, error }) => failed(`A restart would not bring ${nameOf(model)} back`, error, 'warning'),
  'model.not-forgotten': ({ model, error }) =>
    failed(`${nameOf(model)} may come back after a restart`, error, 'warning'),
  'model.untrusted': ({ alias, error }) =>
    failed(`The package for ${String(alias)} is not signed by a trusted key`, error, 'warning'),
  'model.disallowed': ({ model, error }) => failed(`${nameOf(model)} would not be taken any more`, error, 'warning'),
  'model.untested': ({ alias }) => ({
    text: `${String(alias)} has no golden inputs: nothing shows that it works on this device`,
    level: 'warning',
    todo: 'Package it with --golden and a picture.',
  }),
  'model.fault': ({ model, message }) => ({
    text: `${nameOf(model)} ended and was started again: ${String(message)}`,
    level: 'error',
  }),
  'model.quarantined': ({ model, deaths, former }) => ({
    text: `${nameOf(model)} died ${String(deaths)} times and is not run any more${former ? `; ${nameOf(former)} serves` : ''}`,
    level: 'error',
    todo: 'Deploy another version.',
  }),
  'model.drifting': ({ service, cause, message }) => ({
    text: `${String(service)} drifts: ${String(message)}`,
    level: 'warning',
    todo:
      cause === 'camera'
        ? 'Look at the camera: its light, its lens, and where it points.'
        : 'Look at pictures of now: the model may need to learn what is new in them.',
  }),
  'model.drift-ended': ({ service, reason }) => ({
    text: `${String(service)} no longer drifts (${String(reason)})`,
    level: 'good',
  }),
  'provider.fallback': ({ model, requested, provider, reasons }) => ({
    text: `${nameOf(model)} runs on ${String(provider)}, not on ${String((requested as string[])[0])}: ${reasonsOf(reasons)}`,
    level: 'warning',
    todo: 'Repair the driver that the reason names, or take the provider out of the ladder.',
  }),
  'configuration.applied': () => ({ text: 'A new configuration of the agent is in force', level: 'note' }),
  'configuration.rejected': ({ error }) => failed('The new configuration of the agent is not taken', error, 'error'),
  'device.name-mismatch': ({ deviceName, thing }) => ({
    text: `The device is configured as ${String(deviceName)} and its thing is ${String(thing)}`,
    level: 'warning',
  }),
  'incident.opened': ({ incident }) => ({
    text: incident?.message ?? '',
    level: incident?.severity === 'error' ? 'error' : 'warning',
    ...(incident?.todo === undefined ? {} : { todo: incident.todo }),
  }),
  'incident.resolved': ({ incident }) => ({ text: `All right again: ${incident?.subject ?? ''}`, level: 'good' }),
};

function failed(text: string, error: Facts['error'], level: 'warning' | 'error'): EventWords {
  return {
    text: `${text}: ${error?.message ?? 'no reason was given'}`,
    level,
    ...(error?.todo ? { todo: error.todo } : {}),
  };
}

function nameOf(model: Identity | undefined): string {
  return model ? `${model.name ?? ''} ${model.version ?? ''}`.trim() : 'a model';
}

function reasonsOf(reasons: unknown): string {
  const [first] = (reasons ?? []) as { provider?: string; reason?: string }[];
  return first?.reason ?? 'no reason was given';
}

function seconds(ms: unknown): string {
  return `${(Number(ms) / 1_000).toFixed(1)} s`;
}

function milliseconds(ms: unknown): string {
  return `${Number(ms).toFixed(1)} ms`;
}

/** Why images got no answer. */
export const SKIP_WORDS: Readonly<Record<string, string>> = {
  stale: 'a fresher one came',
  busy: 'earlier work was not done',
  decode: 'cannot be read',
  budget: 'too large',
  deadline: 'no answer in time',
  gone: 'file went away',
  model: 'no model answered',
  stopped: 'source was changed',
  unchanged: 'nothing moved',
  unreachable: 'camera away',
  cut: 'stream broke off',
  watchdog: 'stream stood still',
};
