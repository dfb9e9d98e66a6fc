import { format } from 'prettier';
import type { z } from 'zod';
import { describeConfiguration } from '#packages/foundation';
import type { SettingDescription } from '#packages/foundation';
import type { GeneratedFile } from './generated-file.ts';

/** docs/configuration.md: every setting of every component, with its default. */
export async function configurationReference(schemas: ReadonlyMap<string, z.ZodType>): Promise<GeneratedFile> {
  const sections = [...schemas].map(([component, schema]) =>
    [`## ${component}`, '', '| Setting | Type | Default | Meaning |', '| --- | --- | --- | --- |']
      .concat(describeConfiguration(schema).map(row))
      .join('\n'),
  );
  return {
    path: 'docs/configuration.md',
    content: await format([HEADING, ...sections].join('\n\n'), { parser: 'markdown' }),
  };
}

const HEADING = `# Configuration

Settings are JSON pointers into a component's configuration; \`*\` stands for any index or name. Text is taken for numbers
and booleans too. A change reaches the running component without a restart, except on nucleus lite, which restarts it.
This page is written by \`npm run generate\` from the components' schemas.`;

function row(setting: SettingDescription): string {
  const value = setting.default === undefined ? '' : `\`${JSON.stringify(setting.default)}\``;
  return `| \`${setting.pointer}\` | ${cell(setting.type)} | ${cell(value)} | ${cell(setting.description)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
