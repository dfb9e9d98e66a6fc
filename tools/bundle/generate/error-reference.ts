import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import type { Remedy } from '#packages/foundation';
import { PROJECT } from '../project.ts';
import { filesBelow } from '../store/fingerprint.ts';
import type { GeneratedFile } from './generated-file.ts';

interface Catalogue {
  readonly entries: Readonly<Record<string, Remedy>>;
}

/** docs/errors.md: every code of every `errors.ts`, with what to do. */
export async function errorReference(): Promise<GeneratedFile> {
  const sections: string[] = [];
  for (const root of ['packages', 'components', 'tools'])
    for (const file of await filesBelow(path.join(PROJECT, root), /^errors\.ts$/)) sections.push(await section(file));
  const text = [HEADING, ...sections.filter((text) => text !== '')].join('\n\n');
  return { path: 'docs/errors.md', content: await format(text, { parser: 'markdown' }) };
}

const HEADING = `# Errors

Every error has a stable code. Over HTTP it travels with the status below, in logs and events as the field \`code\`.
This page is written by \`npm run generate\` from the \`errors.ts\` files; edit those.`;

async function section(file: string): Promise<string> {
  const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  const entries = Object.values(module)
    .filter(isCatalogue)
    .flatMap((catalogue) => Object.entries(catalogue.entries))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return '';
  const rows = entries.map(
    ([code, { status, todo }]) => `| \`${code}\` | ${status ?? ''} | ${todo.replaceAll('|', '\\|')} |`,
  );
  const folder = path.relative(PROJECT, path.dirname(file)).split(path.sep).join('/');
  return [`## ${folder}`, '', '| Code | Status | What to do |', '| --- | --- | --- |', ...rows].join('\n');
}

function isCatalogue(value: unknown): value is Catalogue {
  return typeof value === 'object' && value !== null && 'entries' in value && 'error' in value;
}
