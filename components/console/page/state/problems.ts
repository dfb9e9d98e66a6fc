import type { PageState } from './store.ts';

/** Something that is wrong now, in words. */
export interface Problem {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly text: string;
  readonly todo?: string;
  /** ISO 8601; empty if nobody knows. */
  readonly since: string;
}

/** What the components say is wrong, errors first; one that is only away because it is not deployed is no problem of its own. */
export function problemsOf({ components, models, report }: PageState): readonly Problem[] {
  const told = components.flatMap(({ component, incidents }) =>
    incidents
      .filter(({ code }) => component !== 'edgeml.FeedbackUploader' || code !== 'feedback.unreachable')
      .map(({ code, subject, severity, message, todo, since }) => ({
        key: `${component} ${code} ${subject}`,
        severity,
        text: message,
        ...(todo === undefined ? {} : { todo }),
        since,
      })),
  );
  const known = new Set((models ?? []).map(({ alias }) => alias));
  const asked = new Set(
    (report?.sources ?? []).flatMap(({ services, state }) => (state === 'running' ? services : [])),
  );
  const isTold = (service: string): boolean => told.some(({ key }) => key.includes(service));
  const missing = models === undefined ? [] : [...asked].filter((service) => !known.has(service) && !isTold(service));
  const without = missing.map((service) => ({
    key: `model ${service}`,
    severity: 'error' as const,
    text: `No model answers the service ${service}: its images wait`,
    todo: `Deploy the component edgeml.model.${service}, or another one whose package has this name.`,
    since: '',
  }));
  const quiet = (report?.sources ?? [])
    .filter(({ name, state, stream }) => state === 'running' && stream?.isUp === false && !isTold(name))
    .map(({ name, from }) => ({
      key: `source ${name}`,
      severity: 'error' as const,
      text: `No frame comes from ${name} (${from})`,
      todo: 'Look whether the camera is on and its address is right: the log of edgeml.InferenceApp has the words of ffmpeg.',
      since: '',
    }));
  const all: readonly Problem[] = [...told, ...without, ...quiet];
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity !== 'error')];
}
