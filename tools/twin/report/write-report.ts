import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { reportHtml } from './html.ts';
import { junitXml } from './junit.ts';
import type { TwinReport } from './twin-report.ts';

export interface ReportFiles {
  readonly json: string;
  readonly junit: string;
  readonly html: string;
}

/** Writes `report.json`, `junit.xml` and `report.html`, over those of an earlier run. */
export async function writeReport(folder: string, report: TwinReport): Promise<ReportFiles> {
  const at = (name: string): string => path.join(folder, name);
  const files = { json: at('report.json'), junit: at('junit.xml'), html: at('report.html') };
  await mkdir(folder, { recursive: true });
  await writeFile(files.json, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(files.junit, junitXml(report));
  await writeFile(files.html, reportHtml(report));
  return files;
}
