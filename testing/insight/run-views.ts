import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { PROJECT } from '../../tools/bundle/project.ts';
import { PYTHON_WITH_MODULES } from '../outside-data/python.ts';

export interface ViewsRun {
  /** Of the table of heartbeats, with types of Hive. */
  readonly columns: readonly { readonly Name: string; readonly Type: string }[];
  /** Its partition, e.g. `2026-03-01`. */
  readonly day: string;
  /** As the rule hands them to the delivery stream. */
  readonly records: readonly string[];
  /** SQL of Athena, like the queries. */
  readonly views: readonly string[];
  readonly queries: readonly string[];
}

export type Row = Readonly<Record<string, unknown>>;

/** The rows of each query over Parquet made of the records (run_views.py). @throws Error with what the engine said */
export async function runViews(run: ViewsRun): Promise<readonly (readonly Row[])[]> {
  const script = path.join(PROJECT, 'testing/insight/run_views.py');
  const child = spawn(PYTHON_WITH_MODULES, [script], { stdio: 'pipe' });
  child.stdin.end(JSON.stringify(run));
  const [said, why] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (said === '') throw new Error(`run_views.py: ${why}`);
  return JSON.parse(said) as readonly (readonly Row[])[];
}
