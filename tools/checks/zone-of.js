import { ZONES } from './import-zones.js';

/**
 * The zone that a file lies in: its pattern in the table. Undefined when no row covers the file.
 * @param {string} file Relative to the project, with `/`.
 * @returns {string | undefined}
 */
export function zoneOf(file) {
  return Object.keys(ZONES).findLast((pattern) => covers(pattern, file));
}

/**
 * Whether a pattern names a file or a folder above it.
 * @param {string} pattern `*` stands for a name, `**` for any folders.
 * @param {string} file Relative to the project, with `/`.
 */
export function covers(pattern, file) {
  let expression = expressions.get(pattern);
  if (!expression) expressions.set(pattern, (expression = expressionOf(pattern)));
  return expression.test(file);
}

/** @type {Map<string, RegExp>} */
const expressions = new Map();

/** @param {string} pattern */
function expressionOf(pattern) {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/|$)`);
}
