import path from 'node:path';
import { importTarget, PACKAGE_IMPORT } from './import-target.js';
import { ZONES } from './import-zones.js';
import { covers, zoneOf } from './zone-of.js';

const TABLE = 'tools/checks/import-zones.js';

/**
 * Holds every import, type imports too, against the table of zones. Option: `root`, the folder of the project.
 * Imports of npm packages are not looked at.
 * @type {import('eslint').Rule.RuleModule}
 */
export const importZonesRule = {
  meta: {
    type: 'problem',
    docs: { description: `imports follow the table in ${TABLE}` },
    schema: [
      {
        type: 'object',
        properties: { root: { type: 'string' } },
        required: ['root'],
        additionalProperties: false,
      },
    ],
    messages: {
      noZone: `{{file}} lies in no zone. Add its folder to ${TABLE}.`,
      forbidden: `{{from}} may not import {{target}}. It may import {{allowed}}. Move what both need to one of those, or change ${TABLE}.`,
      door: "'{{source}}' goes past the door of a package. Import '#packages/{{name}}'; a name that is missing there belongs into packages/{{name}}/index.ts.",
      inside:
        "'{{source}}' imports the package that this file is part of. Import the file that has the name, by its relative path.",
    },
  },
  create(context) {
    const root = context.options[0].root;
    const file = slashed(path.relative(root, context.filename));
    const from = zoneOf(file);

    /** @param {import('estree').Node | null | undefined} source */
    function check(source) {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const found = problemOf(source.value, file, from);
      if (found) context.report({ node: source, ...found });
    }

    return {
      Program(node) {
        if (from === undefined)
          context.report({ node, loc: { line: 1, column: 0 }, messageId: 'noZone', data: { file } });
      },
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      // `import('./a.ts').Name` as a type.
      TSImportType: (/** @type {{ source: import('estree').Node }} */ node) => check(node.source),
    };
  },
};

/**
 * @param {string} source What the import says.
 * @param {string} file Relative to the project.
 * @param {string | undefined} from Zone of the file.
 * @returns {{ messageId: string, data: Record<string, string> } | undefined}
 */
function problemOf(source, file, from) {
  const target = importTarget(source, file);
  if (target === undefined || from === undefined) return undefined;
  const inPackage = packageOf(target);
  if (inPackage !== undefined) {
    const data = { source, name: inPackage };
    const isInside = packageOf(file) === inPackage;
    const isDoor = source === PACKAGE_IMPORT + inPackage;
    if (isInside && source.startsWith(PACKAGE_IMPORT)) return { messageId: 'inside', data };
    if (!isInside && !isDoor) return { messageId: 'door', data };
    if (isInside) return undefined;
  }
  const allowed = ZONES[from]?.mayImport ?? [];
  if (zoneOf(target) === from || allowed.some((pattern) => covers(pattern, target))) return undefined;
  return { messageId: 'forbidden', data: { from, target, allowed: allowed.join(', ') || 'nothing outside itself' } };
}

/** @param {string} file */
function packageOf(file) {
  return /^packages\/([^/]+)/.exec(file)?.[1];
}

/** @param {string} file */
function slashed(file) {
  return file.split(path.sep).join('/');
}
