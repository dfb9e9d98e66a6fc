import { createRequire } from 'node:module';
import { buildErrors } from '../errors.ts';
import type { LicenseText } from './bundled-software.ts';
import { idsOf, isExpression } from './license-statement.ts';

const require = createRequire(import.meta.url);

/**
 * Texts of the SPDX license list for every license in an expression, for software that ships none.
 *
 * @param of the software, for the message
 * @throws EdgeError `build.license-missing` if the list has no text of it
 */
export function standardTexts(expression: string, of: string, author?: string): readonly LicenseText[] {
  const by = author === undefined ? '' : `; author: ${author}`;
  const ids = isExpression(expression) ? idsOf(expression) : [expression];
  return ids.map((id) => ({ title: `${id}, standard text${by}`, text: textOf(id, of) }));
}

function textOf(id: string, of: string): string {
  try {
    return (require(`spdx-license-list/licenses/${id}.json`) as { readonly licenseText: string }).licenseText;
  } catch (cause) {
    throw buildErrors.error(
      'build.license-missing',
      `${of} is under ${id} and has no license file, and the SPDX license list has no text of ${id}`,
      { cause, facts: { of, license: id } },
    );
  }
}
