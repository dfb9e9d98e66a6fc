import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { PROJECT } from '../../tools/bundle/project.ts';

export const ALERTS = path.join(PROJECT, 'monitoring/alerts.yaml');

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

/** The alert rules, in their order. */
export function alertRules(): readonly AlertRule[] {
  const { groups } = parse(readFileSync(ALERTS, 'utf8')) as { readonly groups: { readonly rules: AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** Every query of the board, with a device in place of the variable. */
export function boardQueries(): readonly string[] {
  const { panels } = JSON.parse(readFileSync(path.join(PROJECT, 'monitoring/dashboard.json'), 'utf8')) as {
    readonly panels: { readonly targets?: { readonly expr: string }[] }[];
  };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll('$instance', 'gate-7')));
}

/** Metrics of ours that queries name: those of a histogram by the histogram's name. */
export function metricsIn(queries: readonly string[]): ReadonlySet<string> {
  const names = queries.flatMap((query) => query.match(/\b(?:edgeml|process)_[a-z0-9_]+/g) ?? []);
  return new Set(names.map((name) => name.replace(/(?<=_seconds)_(?:bucket|sum|count)$/, '')));
}
