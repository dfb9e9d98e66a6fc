import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { format } from 'prettier';
import { ZONES } from '../../checks/import-zones.js';
import { buildErrors } from '../errors.ts';
import { PROJECT } from '../project.ts';
import type { GeneratedFile } from './generated-file.ts';

const PAGE = 'docs/architecture.md';
const BEGIN = '<!-- Written by `npm run generate` from tools/checks/import-zones.js: -->';
const END = '<!-- until here. -->';

/** The table of folders in docs/architecture.md; the rest of the page stays. @throws EdgeError `build.page` */
export async function folderTable(): Promise<GeneratedFile> {
  const page = await readFile(path.join(PROJECT, PAGE), 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from)
    throw buildErrors.error(
      'build.page',
      `${PAGE} needs the lines "${BEGIN}" and "${END}" around its table of folders`,
    );
  const rows = Object.entries(ZONES).map(
    ([zone, { holds, mayImport }]) => `| \`${zone}\` | ${holds} | ${importsOf(mayImport)} |`,
  );
  const table = ['| Folder | Holds | May import |', '| --- | --- | --- |', ...rows].join('\n');
  const text = `${page.slice(0, from)}${BEGIN}\n\n${table}\n\n${page.slice(to)}`;
  return { path: PAGE, content: await format(text, { parser: 'markdown' }) };
}

/** By top folder: `packages: foundation, ipc; tools: recipe`. A top folder alone means all that it holds. */
function importsOf(patterns: readonly string[]): string {
  if (patterns.length === 0) return '–';
  const byTop = new Map<string, string[]>();
  for (const pattern of patterns) {
    const [top = '', ...below] = pattern.split('/');
    byTop.set(top, [...(byTop.get(top) ?? []), ...(below.length === 0 ? [] : [below.join('/')])]);
  }
  const groups = [...byTop].map(([top, below]) =>
    below.length === 0 ? `\`${top}\`` : `\`${top}\`: ${below.map((name) => name.replaceAll('*', '\\*')).join(', ')}`,
  );
  return groups.join('; ');
}
