import type { ServiceModel, Shape } from './service-model.ts';

/**
 * Checks a value against a shape as the service does: required members, unknown members, types, lengths, ranges, patterns,
 * closed lists. Returns one line per fault, with the place.
 */
export function faultsOf(model: ServiceModel, shapeName: string, value: unknown, place = ''): readonly string[] {
  const shape = model.shapes[shapeName];
  if (!shape) return [`${place}: the model has no shape ${shapeName}`];
  switch (shape.type) {
    case 'structure':
      return structureFaults(model, shape, value, place);
    case 'list':
      if (!Array.isArray(value)) return [`${place}: must be a list`];
      return [
        ...sizeFaults(shape, value.length, place, 'entries'),
        ...value.flatMap((entry, index) => faultsOf(model, shape.member?.shape ?? '', entry, `${place}[${index}]`)),
      ];
    case 'map':
      return mapFaults(model, shape, value, place);
    case 'string':
      return stringFaults(shape, value, place);
    case 'integer':
    case 'long':
      if (!Number.isInteger(value)) return [`${place}: ${show(value)} is not a whole number`];
      return rangeFaults(shape, value as number, place);
    case 'double':
    case 'float':
      if (typeof value !== 'number' || !Number.isFinite(value)) return [`${place}: ${show(value)} is not a number`];
      return rangeFaults(shape, value, place);
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${place}: ${show(value)} is not true or false`];
    case 'blob':
      return isBase64(value) ? [] : [`${place}: is not base64`];
    case 'timestamp':
      return typeof value === 'number' ? [] : [`${place}: ${show(value)} is not a time in seconds`];
    default:
      return [`${place}: unknown type ${shape.type}`];
  }
}

function structureFaults(model: ServiceModel, shape: Shape, value: unknown, place: string): readonly string[] {
  if (!isRecord(value)) return [`${place || 'the request'}: must be an object`];
  const members = shape.members ?? {};
  const faults: string[] = [];
  for (const name of shape.required ?? [])
    if (value[name] === undefined || value[name] === null) faults.push(`${place}/${name}: is required`);
  for (const [name, entry] of Object.entries(value)) {
    const member = members[name];
    if (!member) faults.push(`${place}/${name}: is not a member`);
    else if (entry !== undefined && entry !== null)
      faults.push(...faultsOf(model, member.shape, entry, `${place}/${name}`));
  }
  return faults;
}

function mapFaults(model: ServiceModel, shape: Shape, value: unknown, place: string): readonly string[] {
  if (!isRecord(value)) return [`${place}: must be a map`];
  const entries = Object.entries(value);
  return [
    ...sizeFaults(shape, entries.length, place, 'entries'),
    ...entries.flatMap(([key, entry]) => [
      ...faultsOf(model, shape.key?.shape ?? '', key, `${place}/${key} (key)`),
      ...faultsOf(model, shape.value?.shape ?? '', entry, `${place}/${key}`),
    ]),
  ];
}

function stringFaults(shape: Shape, value: unknown, place: string): readonly string[] {
  if (typeof value !== 'string') return [`${place}: ${show(value)} is not a string`];
  const faults = [...sizeFaults(shape, value.length, place, 'characters')];
  if (shape.enum && !shape.enum.includes(value))
    faults.push(`${place}: "${value}" is none of ${shape.enum.join(', ')}`);
  if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`, 'u').test(value))
    faults.push(`${place}: "${value}" does not match ${shape.pattern}`);
  return faults;
}

function sizeFaults({ min, max }: Shape, size: number, place: string, unit: string): readonly string[] {
  if (min !== undefined && size < min) return [`${place}: ${size} ${unit}, at least ${min} needed`];
  return max !== undefined && size > max ? [`${place}: ${size} ${unit}, at most ${max} allowed`] : [];
}

function rangeFaults({ min, max }: Shape, value: number, place: string): readonly string[] {
  if (min !== undefined && value < min) return [`${place}: ${value} is below ${min}`];
  return max !== undefined && value > max ? [`${place}: ${value} is above ${max}`] : [];
}

function isBase64(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && Buffer.from(value, 'base64').toString('base64') === value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
