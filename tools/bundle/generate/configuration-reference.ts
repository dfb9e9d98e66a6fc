import { format } from 'prettier';
import type { z } from 'zod';
import { describeConfiguration } from '#packages/foundation';
import type { SettingDescription } from '#packages/foundation';
import type { GeneratedFile } from './generated-file.ts';

/** docs/configuration.md: every setting of every component, with its default, as a list that is read on a phone, too. */
export async function configurationReference(schemas: ReadonlyMap<string, z.ZodType>): Promise<GeneratedFile> {
  const sections = [...schemas].map(([component, schema]) => section(component, describeConfiguration(schema)));
  return {
    path: 'docs/configuration.md',
    content: await format([HEADING, ...sections].join('\n\n'), { parser: 'markdown' }),
  };
}

const HEADING = `# Configuration

Settings are JSON pointers into a component's configuration; \`*\` stands for any index or name. Numbers and booleans may also be written as
text. A running component applies a change without a restart, except on nucleus lite, which restarts it. \`npm run generate\` writes this page from
the schemas of the components; editors can use those in \`schemas/\`.`;

/** Single settings first, then each group under its own heading. */
function section(component: string, settings: readonly SettingDescription[]): string {
  const groups = new Map<string, SettingDescription[]>();
  for (const setting of settings) {
    const name = setting.pointer.split('/')[1] ?? '';
    groups.set(name, [...(groups.get(name) ?? []), setting]);
  }
  const single = [...groups.values()].filter((group) => group.length === 1).flat();
  const several = [...groups].filter(([, group]) => group.length > 1);
  return [
    `## ${component}`,
    ...(single.length > 0 ? [single.map(item).join('\n')] : []),
    ...several.flatMap(([name, group]) => [`### ${name} of ${component}`, group.map(item).join('\n')]),
  ].join('\n\n');
}

function item({ pointer, type, default: value, description }: SettingDescription): string {
  const facts = [type, ...(value === undefined ? [] : [`default \`${JSON.stringify(value)}\``])].join('; ');
  return `- **\`${pointer}\`** (${facts})${description === '' ? '' : `  \n  ${description.replaceAll('\n', ' ')}`}`;
}
