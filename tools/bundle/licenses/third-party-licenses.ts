import type { Archive, BundledSoftware } from './bundled-software.ts';

const RULE = '='.repeat(100);

/**
 * `THIRD-PARTY-LICENSES` of a zip: what is in it, then every text once, under the names of all software that it holds for.
 *
 * @param notices copyright comments of source files, as esbuild collects them
 */
export function thirdPartyLicenses(archive: Archive, software: readonly BundledSoftware[], notices: string): string {
  const all = software.flatMap(withParts);
  const sections = [...groupByText(all), ...(notices === '' ? [] : [section(['Comments in source files'], notices)])];
  return [...heading(archive, all.length), ...software.flatMap((one) => lines(one, '')), ...sections, ''].join('\n');
}

function heading({ component, version, name }: Archive, count: number): readonly string[] {
  const what = `${name} of ${component} ${version} is part of EdgeML, which is under the Apache License 2.0 (LICENSE).`;
  if (count === 0) return [what, 'It holds no software of others.'];
  return [
    what,
    'It also holds the software below. The texts of their licenses follow the list; sbom.cdx.json is the same list for programs.',
    '',
  ];
}

function lines(software: BundledSoftware, indent: string): readonly string[] {
  const { license, source, note, parts = [] } = software;
  return [
    `${indent}${titleOf(software)}: ${license}${source === undefined ? '' : `, source: ${source}`}`,
    ...(note === undefined ? [] : [`${indent}  ${note}`]),
    ...parts.flatMap((part) => lines(part, `${indent}  `)),
  ];
}

function withParts(software: BundledSoftware): readonly BundledSoftware[] {
  return [software, ...(software.parts ?? []).flatMap(withParts)];
}

function groupByText(all: readonly BundledSoftware[]): readonly string[] {
  const holders = new Map<string, string[]>();
  for (const software of all)
    for (const { title, text } of software.texts) {
      const key = text.replaceAll('\r\n', '\n').trimEnd();
      holders.set(key, [...(holders.get(key) ?? []), `${titleOf(software)} (${title})`]);
    }
  return [...holders].map(([text, titles]) => section(titles, text));
}

function section(titles: readonly string[], text: string): string {
  return ['', RULE, ...titles, RULE, '', text.trimEnd()].join('\n');
}

function titleOf({ name, version }: BundledSoftware): string {
  return version === undefined ? name : `${name} ${version}`;
}
