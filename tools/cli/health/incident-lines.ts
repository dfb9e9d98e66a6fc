import type { Incident } from '#packages/foundation';
import type { IncidentMessage } from '#packages/ipc';
import type { Output } from '../frame/output.ts';

type Paint = Pick<Output, 'paint'>;

/** An incident on its lines: what is wrong, then what to do. */
export function incidentLines(component: string, incident: Incident, out: Paint): readonly string[] {
  const { severity, message, todo } = incident;
  const word = severity === 'error' ? out.paint('red', 'ERROR   ') : out.paint('yellow', 'WARNING ');
  return [
    `${word} ${component}: ${message}`,
    ...(todo === undefined ? [] : [out.paint('dim', `         What to do: ${todo}`)]),
  ];
}

/** A message of the topic of events, on its lines. */
export function incidentMessageLines({ event, component, incident }: IncidentMessage, out: Paint): readonly string[] {
  if (event === 'incident.opened') return incidentLines(component, incident, out);
  return [`${out.paint('green', 'SOLVED  ')} ${component}: ${incident.message}`];
}

/** A component's worst incident in one cell of a table; `ok` if there is none. */
export function healthCell(health: { readonly status: string; readonly incidents: readonly Incident[] }): string {
  const [worst, ...others] = health.incidents;
  if (!worst) return health.status;
  const more = others.length > 0 ? ` (+${others.length})` : '';
  const text = `${worst.severity}: ${worst.message}`;
  return `${text.length > CELL_WIDTH ? `${text.slice(0, CELL_WIDTH - 1)}…` : text}${more}`;
}

const CELL_WIDTH = 70;
