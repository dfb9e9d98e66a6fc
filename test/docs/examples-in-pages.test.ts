import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseHeartbeat } from '#packages/heartbeat';
import { COMPONENT_SCHEMAS } from '../../tools/bundle/component-schemas.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { checkPlan } from '../../tools/cloud/promotion/promotion-plan.ts';
import { unknownSettings } from '../../tools/lint/unknown-settings.ts';
import { projectFileSchema } from '../../tools/project-file/project-file.ts';
import { blocks } from './pages.ts';

/** Each example with what a reader needs to find it. */
const named = (language: string): readonly (readonly [string, string, string])[] =>
  blocks(language).map(({ page, mark, text }) => [`${page}: ${text.slice(0, 60).replaceAll(/\s+/g, ' ')}`, text, mark]);

const isComponent = (key: string): boolean => COMPONENT_SCHEMAS.has(key);

const deployments = named('json').flatMap(([name, text]) => {
  const value = JSON.parse(text.includes('…') ? 'null' : text) as Record<string, { readonly MERGE?: object }> | null;
  return value !== null && Object.keys(value).some(isComponent) ? [[name, value] as const] : [];
});

describe('JSON in docs/', () => {
  it.each(named('json').filter(([, text]) => !text.includes('…')))('is JSON: %s', (_name, text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });
});

describe('configuration in docs/', () => {
  it('is there', () => {
    expect(deployments.length).toBeGreaterThanOrEqual(6);
  });

  it.each(deployments)('is taken by its components: %s', (_name, deployment) => {
    const merges = Object.entries(deployment).map(([component, { MERGE }]) => [component, MERGE] as const);
    expect(unknownSettings(Object.fromEntries(merges), [])).toEqual([]);
    for (const [component, merge] of merges) {
      const outcome = COMPONENT_SCHEMAS.get(component)?.safeParse(merge);
      expect(outcome?.error?.issues, component).toBeUndefined();
      expect(outcome?.success, component).toBe(true);
    }
  });
});

describe('YAML in docs/', () => {
  it.each(named('yaml'))('is YAML: %s', (_name, text) => {
    expect(() => parse(text) as unknown).not.toThrow();
  });

  const plans = named('yaml').filter(([, , mark]) => mark === 'plan');
  it.each(plans)('is a plan that promote takes: %s', (name, text) => {
    expect(() => checkPlan(parse(text), name)).not.toThrow();
  });

  const projects = named('yaml').filter(([, text]) => /^models:/m.test(text));
  it.each(projects)('is an edgeml.yaml: %s', (_name, text) => {
    const file = parse(text) as { readonly components?: Record<string, unknown> };
    // A component without settings is a name alone, as the reader of the file takes it.
    for (const [component, settings] of Object.entries(file.components ?? {}))
      file.components![component] = settings ?? {};
    expect(projectFileSchema.safeParse(file).error).toBeUndefined();
  });

  it('has plans and project files', () => {
    expect([plans.length, projects.length].every((count) => count > 0)).toBe(true);
  });
});

describe('messages in docs/', () => {
  it('have the form of results', () => {
    const file = path.join(PROJECT, 'schemas/edgeml.InferenceApp.openapi.json');
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')) as object, 'app');
    const isResult = ajv.compile({ $ref: 'app#/components/schemas/ResultMessage' });
    const [example] = named('json').filter(([, , mark]) => mark === 'ResultMessage');

    expect(isResult(JSON.parse(example?.[1] ?? '')), ajv.errorsText(isResult.errors)).toBe(true);
  });

  it('have the form of heartbeats', () => {
    const [example] = named('json').filter(([, , mark]) => mark === 'heartbeat');
    expect(parseHeartbeat(example?.[1] ?? '')).toMatchObject({
      DeviceName: 'gateway-7',
      Models: [{ Golden: 'PASSED' }],
    });
  });
});

describe('events in docs/', () => {
  it('has each event of the agent, and no other', () => {
    const source = readFileSync(path.join(PROJECT, 'components/inference-agent/events/agent-event.ts'), 'utf8');
    const names = [...source.matchAll(/^ {2}readonly '([\w.-]+)'/gm)].map(([, name]) => name);
    const page = readFileSync(path.join(PROJECT, 'docs/reference/events.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `([\w.-]+)`/gm)].map(([, name]) => name);

    expect(listed.filter((name) => !name?.startsWith('incident.')).sort()).toEqual(names.sort());
  });
});
