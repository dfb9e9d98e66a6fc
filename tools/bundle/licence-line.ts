import { readFile } from 'node:fs/promises';

/** One line of a zip's THIRD-PARTY file, from a package's package.json. */
export async function licenceLine(packageJson: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(packageJson, 'utf8')) as Record<string, string>;
  return `${name} ${version}: ${license ?? 'see the package'}`;
}
