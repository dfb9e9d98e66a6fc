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

/**
 * Incidents of the components, errors first. A feedback uploader that is away is not a problem: it may not be deployed. A service
 * without a model is one before its first image, which is when the application says so.
 */
export function problemsOf({ components, models, report }: PageState): readonly Problem[] {
  const incidents = components.flatMap(({ component, incidents: own }) =>
    own
      .filter(({ code }) => component !== 'edgeml.FeedbackUploader' || code !== 'feedback.unreachable')
      .map((incident) => ({ component, ...incident })),
  );
  const told = incidents.map(({ component, code, subject, severity, message, todo, since }) => ({
    key: `${component} ${code} ${subject}`,
    severity,
    text: message,
    ...(todo === undefined ? {} : { todo }),
    since,
  }));
  const known = new Set((models ?? []).map(({ alias }) => alias));
  // A subject is the service itself, or ends in its name: `package for PartsDetector`.
  for (const { subject } of incidents) known.add(subject.slice(subject.lastIndexOf(' ') + 1));
  const asked = new Set(
    (report?.sources ?? []).flatMap(({ services, state }) => (state === 'running' ? services : [])),
  );
  const missing = models === undefined ? [] : [...asked].filter((service) => !known.has(service));
  const without = missing.map((service) => ({
    key: `model ${service}`,
    severity: 'error' as const,
    text: `No model answers the service ${service}: its images wait`,
    todo: `Deploy the component edgeml.model.${service}, or another one whose package has this name.`,
    since: '',
  }));
  const all: readonly Problem[] = [...told, ...without];
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity !== 'error')];
}
