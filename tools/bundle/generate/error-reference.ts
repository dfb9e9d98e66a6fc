import { format } from 'prettier';
import { documentedErrors } from './error-catalogs.ts';
import type { DocumentedError } from './error-catalogs.ts';
import { ERROR_GROUPS, errorGroupOf } from './error-groups.ts';
import type { ErrorGroup } from './error-groups.ts';
import type { GeneratedFile } from './generated-file.ts';

/** docs/errors.md: every code of every `errors.ts` with what to do, by what a user was doing. */
export async function errorReference(): Promise<GeneratedFile> {
  const errors = await documentedErrors();
  const lost = errors.filter(({ code }) => !errorGroupOf(code)).map(({ code }) => code);
  if (lost.length > 0)
    throw new Error(`enter these codes in tools/bundle/generate/error-groups.ts: ${lost.join(', ')}`);
  const text = [HEADING, ...ERROR_GROUPS.map((group) => section(group, errors))].join('\n\n');
  return { path: 'docs/errors.md', content: await format(text, { parser: 'markdown' }) };
}

const HEADING = `# Errors

Every error has a stable code. Logs and events carry it in the field \`code\`, and the command line prints it. An error that
travels over HTTP has the status below; a client of Edge Manager gets the gRPC status that corresponds to it.
This page is written by \`npm run generate\` from the \`errors.ts\` files; edit those.`;

function section(group: ErrorGroup, all: readonly DocumentedError[]): string {
  const errors = all.filter(({ code }) => errorGroupOf(code) === group).sort((a, b) => (a.code < b.code ? -1 : 1));
  const hasStatus = errors.some(({ status }) => status !== undefined);
  const columns = (code: string, status: string, todo: string): string =>
    `| ${[code, ...(hasStatus ? [status] : []), todo].join(' | ')} |`;
  return [
    `## ${group.title}`,
    '',
    columns('Code', 'Status', 'What to do'),
    columns('---', '---', '---'),
    ...errors.map(({ code, status, todo }) => columns(`\`${code}\``, String(status ?? ''), cell(todo))),
  ].join('\n');
}

/** A pattern such as `^[a-z]*$` is code, in which Markdown's characters mean themselves. */
function cell(text: string): string {
  return text.replaceAll(/\^\[\S+\$/g, '`$&`').replaceAll('|', String.raw`\|`);
}
