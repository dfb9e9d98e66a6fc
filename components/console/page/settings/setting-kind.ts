import type { SchemaNode } from '#packages/foundation';

export type SettingKind = 'choice' | 'switch' | 'number' | 'text' | 'secret' | 'lines' | 'group' | 'map' | 'json';

/** The control that a setting is changed with. */
export function settingKind(node: SchemaNode): SettingKind {
  if (node.enum) return 'choice';
  switch (node.type) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return node.writeOnly === true ? 'secret' : 'text';
    case 'array':
      return node.items?.type === 'string' ? 'lines' : 'json';
    case 'object':
      return node.properties ? 'group' : typeof node.additionalProperties === 'object' ? 'map' : 'json';
    default:
      return 'json';
  }
}

/** Whether the words of a filter are in the name of a setting, those above it, or its meaning; or the same of a setting below it. */
export function isFound(path: readonly string[], node: SchemaNode, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${path.join(' ')} ${node.description ?? ''}`.toLowerCase();
  if (words.every((word) => text.includes(word))) return true;
  const below = Object.entries(node.properties ?? {});
  if (below.some(([key, child]) => isFound([...path, key], child, filter))) return true;
  return typeof node.additionalProperties === 'object' && isFound(path, node.additionalProperties, filter);
}

/** A value in words. */
export function valueWords(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'empty';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length === 0) return 'none';
  return JSON.stringify(value);
}
