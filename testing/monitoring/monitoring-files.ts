import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { PROJECT } from '../../tools/bundle/project.ts';
import type { Board } from './board.ts';

export const ALERTS = path.join(PROJECT, 'monitoring/alerts.yaml');

/** Boards for Grafana: one over Prometheus, one over the account's CloudWatch and Athena. */
export const BOARDS = ['dashboard.json', 'fleet-dashboard.json'] as const;

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

/** The text of a board. */
export function boardText(name: (typeof BOARDS)[number]): string {
  return readFileSync(path.join(PROJECT, 'monitoring', name), 'utf8');
}

/** Every query of the board over Prometheus, with a device in place of the variable. */
export function boardQueries(): readonly string[] {
  const { panels } = JSON.parse(boardText('dashboard.json')) as Board;
  const targets = panels.flatMap((panel) => ('targets' in panel ? panel.targets : []));
  return targets.flatMap((target) =>
    'expr' in target && target.expr ? target.expr.replaceAll('$instance', 'gate-7') : [],
  );
}

/** Metrics of ours that queries name: those of a histogram by the histogram's name. */
export function metricsIn(queries: readonly string[]): ReadonlySet<string> {
  const names = queries.flatMap((query) => query.match(/\b(?:edgeml|process)_[a-z0-9_]+/g) ?? []);
  return new Set(names.map((name) => name.replace(/(?<=_seconds)_(?:bucket|sum|count)$/, '')));
}
