import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestSchema } from '#packages/model-package';
import { filesBelow } from '#packages/foundation';
import { projectFileSchema } from '../../project-file/project-file.ts';
import { COMPONENT_SCHEMAS } from '../component-schemas.ts';
import { PROJECT, projectPaths } from '../project.ts';
import { jsonSchemas } from './json-schemas.ts';
import { jsonSchemaOf } from './schemas/json-schema-of.ts';
import type { JsonSchema } from './schemas/json-schema-of.ts';

const validators = new Map<string, ValidateFunction>();

beforeAll(async () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false, strictTuples: false });
  for (const { path: file, content } of await jsonSchemas())
    validators.set(path.basename(file, '.schema.json'), ajv.compile(JSON.parse(content) as object));
});

function problemsOf(name: string, value: unknown): readonly string[] {
  const validate = validators.get(name)!;
  if (validate(value)) return [];
  return validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('the JSON Schemas', () => {
  it.each([...COMPONENT_SCHEMAS])('take every configuration that %s takes', (component, schema) => {
    const anything = valuesOf(jsonSchemaOf(schema, { io: 'output' }));
    let taken = 0;
    fc.assert(
      fc.property(anything, (configuration) => {
        if (!schema.safeParse(configuration).success) return;
        taken++;
        expect(problemsOf(component, configuration)).toEqual([]);
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  it('take every model.json that there is, and every form of a number for a channel', async () => {
    const models = (await filesBelow(projectPaths.models)).filter((file) => path.basename(file) === 'model.json');
    expect(models.length).toBeGreaterThan(0);
    for (const file of models) {
      const manifest = JSON.parse(await readFile(path.join(projectPaths.models, file), 'utf8')) as object;
      expect(problemsOf('model', manifest), file).toEqual([]);
      expect(problemsOf('model', { ...manifest, input: { width: 8, height: 8, mean: 0, std: [1, 2, 3] } })).toEqual([]);
    }
  });

  it('take the default configuration of every recipe', async () => {
    for (const name of await readdir(projectPaths.recipes)) {
      const recipe = parse(await readFile(path.join(projectPaths.recipes, name), 'utf8')) as Recipe;
      const { ComponentName: component, ComponentConfiguration: configuration } = recipe;
      if (!validators.has(component)) continue;
      expect(problemsOf(component, configuration?.DefaultConfiguration ?? {}), name).toEqual([]);
    }
  });

  it('refuse what the components and the reader of model.json refuse', async () => {
    const wrong: readonly (readonly [string, object])[] = [
      ['edgeml.InferenceApp', { Concurrency: 0 }],
      ['edgeml.InferenceApp', { LogLevel: 'loud' }],
      ['edgeml.InferenceApp', { Mqtt: { Enabled: 'maybe' } }],
      ['edgeml.InferenceApp', { Sources: { 'no name': {} } }],
      ['edgeml.FeedbackUploader', { FeedbackConfigurationMap: { a: 3 } }],
    ];
    for (const [component, configuration] of wrong) {
      expect(COMPONENT_SCHEMAS.get(component)!.safeParse(configuration).success, JSON.stringify(configuration)).toBe(
        false,
      );
      expect(problemsOf(component, configuration), JSON.stringify(configuration)).not.toEqual([]);
    }
    const good = JSON.parse(
      await readFile(path.join(projectPaths.models, 'PartsDetector/model.json'), 'utf8'),
    ) as object;
    for (const change of [{ task: 'dancing' }, { output: { decoder: 'yolov3' } }, { variants: [] }, { color: 'RGB' }]) {
      expect(manifestSchema.safeParse({ ...good, ...change }).success, JSON.stringify(change)).toBe(false);
      expect(problemsOf('model', { ...good, ...change }), JSON.stringify(change)).not.toEqual([]);
    }
  });

  it('warn of a setting that no component knows, wherever it stands', () => {
    expect(problemsOf('edgeml.InferenceApp', { Annotate: { Folde: 'x' } })).not.toEqual([]);
    expect(problemsOf('edgeml', { sources: { camera: { Typ: 'stream' } } })).not.toEqual([]);
    expect(problemsOf('edgeml', { components: { 'edgeml.InferenceAp': {} } })).not.toEqual([]);
    expect(problemsOf('edgeml', { model: {} })).not.toEqual([]);
  });

  it('take an edgeml.yaml with all its parts', () => {
    const project = {
      $schema: './schemas/edgeml.schema.json',
      models: {
        Street: {
          source: 'street.onnx',
          labels: 'coco.txt',
          version: '1.2.0',
          manifest: { task: 'object-detection', input: { mean: [0, 0, 0] }, output: { scoreThreshold: 0.4 } },
        },
        Parts: { source: 'https://host/parts.zip', sha256: 'a'.repeat(64), golden: ['a.jpg'] },
      },
      sources: { camera: { Type: 'stream', Url: 'rtsp://camera/1', FramesPerSecond: 5, Services: ['Street'] } },
      services: { Street: { MLFeedbackConnectorConfigId: 'street' } },
      components: { 'edgeml.FeedbackUploader': null, 'edgeml.InferenceAgent': { LogLevel: 'debug' } },
    };
    expect(problemsOf('edgeml', project)).toEqual([]);
    const { components: _, ...rest } = project;
    expect(projectFileSchema.safeParse(rest).success).toBe(true);
  });

  it('are in the repository as they are generated, where a package of npm carries them too', async () => {
    for (const { path: file, content } of await jsonSchemas())
      expect(await readFile(path.join(PROJECT, file), 'utf8'), file).toBe(content);
  });
});

interface Recipe {
  readonly ComponentName: string;
  readonly ComponentConfiguration?: { readonly DefaultConfiguration?: object };
}

/** Values of a schema and, now and then, the other forms that settings take, or something else. */
function valuesOf(node: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  const branches = (node['anyOf'] ?? node['oneOf']) as readonly JsonSchema[] | undefined;
  if (branches) return fc.oneof(...branches.map((branch) => valuesOf(branch, depth)));
  if ('const' in node) return fc.constant(node['const']);
  if (Array.isArray(node['enum'])) return choices(node['enum'] as readonly unknown[]);
  const { minimum: min = 0, maximum: max = 1_000 } = node as { minimum?: number; maximum?: number };
  switch (node['type']) {
    case 'boolean':
      return fc.oneof(fc.boolean(), fc.constantFrom('true', ' False '));
    case 'integer':
      return textToo(fc.integer({ min: Math.ceil(min), max: Math.max(Math.ceil(min), Math.min(max, 1e9)) }));
    case 'number':
      return textToo(fc.double({ min, max, noNaN: true }).map((value) => Number(value.toFixed(3))));
    case 'string':
      return fc.oneof(fc.constantFrom('', 'images', 'rtsp://camera/1', 'a1', 'null'), fc.integer(), fc.boolean());
    case 'array': {
      const places = node['prefixItems'] as readonly JsonSchema[] | undefined;
      if (places) return fc.tuple(...places.map((place) => valuesOf(place, depth + 1)));
      const items = valuesOf((node['items'] as JsonSchema | undefined) ?? {}, depth + 1);
      return jsonToo(fc.array(items, { maxLength: 3 }));
    }
    case 'object':
      return depth === 0 ? groupOf(node, depth) : jsonToo(groupOf(node, depth));
    default:
      return fc.constantFrom(1, 'text');
  }
}

/** The required settings and a few more: a whole group of random ones is hardly ever right. */
function groupOf(node: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const properties = (node['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const names = Object.keys(properties);
  const needed = (node['required'] ?? []) as readonly string[];
  const few = fc.subarray(names, { maxLength: Math.min(2, names.length) }).chain((some) => {
    const chosen = [...new Set([...needed, ...some])];
    return fc.record(Object.fromEntries(chosen.map((key) => [key, valuesOf(properties[key]!, depth + 1)])));
  });
  const more = node['additionalProperties'];
  if (typeof more !== 'object' || more === null) return few;
  return fc.dictionary(fc.constantFrom('one', 'two-2'), valuesOf(more as JsonSchema, depth + 1), { maxKeys: 2 });
}

function choices(values: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .constantFrom(...values)
    .chain((value) => fc.constantFrom(value, String(value).toUpperCase(), ` ${String(value)} `));
}

function textToo(values: fc.Arbitrary<number>): fc.Arbitrary<unknown> {
  return fc.oneof(values, values.map(String));
}

function jsonToo(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 4, arbitrary: values },
    { weight: 1, arbitrary: values.map((value) => JSON.stringify(value)) },
  );
}
