import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { foundationErrors } from '../errors.ts';
import { defaultConfiguration, describeConfiguration } from './describe-configuration.ts';
import { parseConfiguration, refusalOfUnknown } from './parse-configuration.ts';
import type { UnknownSettings } from './parse-configuration.ts';
import type { ConfigurationProblem } from '../errors.ts';
import * as settings from './settings.ts';

const schema = z.object({
  Interval: settings.numberSetting({ min: 0 }).default(3600).describe('Seconds between two images.'),
  Workers: settings.integerSetting({ min: 1, max: 8 }).default(2).describe('Worker threads.'),
  Mqtt: settings.booleanSetting().default(true).describe('Publish to the cloud too.'),
  Providers: settings.textListSetting().default(['cpu']).describe('Ladder, best first.'),
  Mode: settings.choiceSetting(['once', 'watch']).default('once').describe('How the folder is read.'),
  Annotate: settings.section({
    Enabled: settings.booleanSetting().default(false).describe('Draw boxes.'),
    MaxBytes: settings.integerSetting().default(1_000_000).describe('Disk cap.'),
  }),
  Sources: settings
    .listSetting(
      z.object({ Path: settings.textSetting().describe('Folder.'), Camera: settings.textSetting().optional() }),
    )
    .default([]),
  Limits: settings.mapSetting(settings.numberSetting(), z.string().regex(/^[a-z]+$/)).default({}),
});

const defaults = {
  Interval: 3600,
  Workers: 2,
  Mqtt: true,
  Providers: ['cpu'],
  Mode: 'once',
  Annotate: { Enabled: false, MaxBytes: 1_000_000 },
  Sources: [],
  Limits: {},
};

const parse = (raw: unknown, onUnknown?: (unknown: UnknownSettings) => void) =>
  parseConfiguration(schema, raw, { component: 'edgeml.Test', ...(onUnknown ? { onUnknown } : {}) });

function problemsOf(raw: unknown): readonly ConfigurationProblem[] {
  try {
    parse(raw);
  } catch (thrown) {
    if (foundationErrors.is(thrown, 'config.invalid')) return thrown.facts.problems;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

function unknownOf(raw: unknown): UnknownSettings {
  let found: UnknownSettings = new Map();
  parse(raw, (unknown) => (found = unknown));
  return found;
}

describe('parseConfiguration', () => {
  it.each([[undefined], [null], [{}]])('fills in every default for %j', (raw) => {
    expect(parse(raw)).toEqual(defaults);
  });

  it('takes every value in the text form that nucleus lite hands over', () => {
    const lite = {
      Interval: '0.5',
      Workers: '4',
      Mqtt: 'False',
      Providers: 'cuda, cpu',
      Mode: 'WATCH',
      Annotate: '{"Enabled": "true"}',
      Sources: '[{"Path": "/data"}]',
      Limits: { people: ' 12 ' },
    };

    expect(parse(lite)).toEqual({
      Interval: 0.5,
      Workers: 4,
      Mqtt: false,
      Providers: ['cuda', 'cpu'],
      Mode: 'watch',
      Annotate: { Enabled: true, MaxBytes: 1_000_000 },
      Sources: [{ Path: '/data' }],
      Limits: { people: 12 },
    });
  });

  it('finds a choice that YAML has made a number', () => {
    const qos = z.object({ Qos: settings.choiceSetting(['0', '1']).default('1') });

    expect(parseConfiguration(qos, { Qos: 0 }, { component: 'edgeml.Test' })).toEqual({ Qos: '0' });
  });

  it('reads null, and the text "null", as left out', () => {
    expect(parse({ Interval: null, Workers: 'null', Annotate: null, Sources: [{ Path: 'x', Camera: null }] })).toEqual({
      ...defaults,
      Sources: [{ Path: 'x' }],
    });
  });

  it('names every problem at once, with its JSON pointer and the value that it got', () => {
    const problems = problemsOf({
      Interval: 'soon',
      Workers: 2.5,
      Mqtt: 'yes',
      Mode: 'sometimes',
      Annotate: { MaxBytes: [] },
      Sources: [{}, { Path: 7 }],
      Limits: { 'A/b': 1 },
    });

    expect(problems).toEqual([
      { pointer: '/Interval', message: 'expected a number, got "soon"' },
      { pointer: '/Workers', message: 'expected a whole number, got 2.5' },
      { pointer: '/Mqtt', message: 'expected true or false, got "yes"' },
      { pointer: '/Mode', message: 'expected one of "once"|"watch", got "sometimes"' },
      { pointer: '/Annotate/MaxBytes', message: 'expected a number, got []' },
      { pointer: '/Sources/0/Path', message: 'is required' },
      { pointer: '/Limits/A~1b', message: expect.stringContaining('this name is not allowed') as string },
    ]);
  });

  it.each([['0x10'], [''], ['1e'], ['Infinity'], ['NaN'], [true], [{}]])('does not read %j as a number', (value) => {
    expect(problemsOf({ Interval: value })).toHaveLength(1);
  });

  it('keeps bounds', () => {
    expect(problemsOf({ Workers: '9', Interval: -1 }).map((problem) => problem.message)).toEqual([
      'expected number to be >=0, got -1',
      'expected number to be <=8, got 9',
    ]);
  });

  it.each([[[]], ['text'], [7]])('refuses %j as a whole configuration', (raw) => {
    expect(problemsOf(raw)).toMatchObject([{ pointer: '/' }]);
  });

  it('masks credentials in the values that it shows', () => {
    expect(problemsOf({ Workers: 'rtsp://admin:secret@camera/1' })[0]?.message).not.toContain('secret');
  });

  it('is frozen to the bottom', () => {
    const configuration = parse({ Sources: [{ Path: 'x' }] });

    expect(Object.isFrozen(configuration)).toBe(true);
    expect(Object.isFrozen(configuration.Sources[0])).toBe(true);
    expect(Object.isFrozen(configuration.Annotate)).toBe(true);
  });

  it('tells of unknown keys, with what was probably meant, and says nothing about accessControl', () => {
    const raw = {
      Intervall: 5,
      workers: 1,
      Annotate: { Foo: 1 },
      Sources: [{ path: 'x', Path: 'y' }],
      accessControl: {},
    };

    expect([...unknownOf(raw).values()]).toMatchObject([
      { pointer: '/Intervall', suggestion: 'Interval' },
      { pointer: '/workers', suggestion: 'Workers' },
      { pointer: '/Annotate/Foo' },
      { pointer: '/Sources/0/path', suggestion: 'Path' },
    ]);
    expect(unknownOf({ ...defaults, Limits: { anything: 3 } }).size).toBe(0);
  });

  it('does not tell of the keys of a configuration that it refuses: the one before holds', () => {
    let told = 0;
    expect(() => parse({ Intervall: 5, Interval: 'often' }, () => told++)).toThrow();
    expect(told).toBe(0);
  });

  it('refuses unknown keys that are new, and not those that another version has left', () => {
    const before = unknownOf({ Intervall: 5 });

    expect(refusalOfUnknown(before, unknownOf({ Intervall: 6 }))).toBeUndefined();
    expect(refusalOfUnknown(before, unknownOf({ Intervall: 6, workers: 1 }))).toBe(
      'setting /workers is not known and is ignored; did you mean Workers?',
    );
  });
});

describe('defaultConfiguration', () => {
  it('is what an empty configuration becomes, as plain JSON', () => {
    expect(defaultConfiguration(schema)).toEqual(defaults);
  });
});

describe('describeConfiguration', () => {
  it('gives a setting that means different things in alternatives one row for all of them', () => {
    const alternatives = z.object({
      Strategy: z.discriminatedUnion('Name', [
        z.object({
          Name: z.literal('A').describe('Which.'),
          Limit: settings.numberSetting({ min: 0 }).describe('In A.'),
        }),
        z.object({
          Name: z.literal('B').describe('Which.'),
          Limit: settings.numberSetting({ max: 1 }).default(0.5).describe('In B.'),
        }),
      ]),
    });
    expect(describeConfiguration(alternatives)).toEqual([
      { pointer: '/Strategy/Name', type: '"A" or "B"', default: undefined, description: 'Which.' },
      { pointer: '/Strategy/Limit', type: 'number ≥ 0 or number ≤ 1', default: undefined, description: 'In A. In B.' },
    ]);
  });

  it('has a row for every setting', () => {
    expect(describeConfiguration(schema)).toEqual([
      { pointer: '/Interval', type: 'number ≥ 0', default: 3600, description: 'Seconds between two images.' },
      { pointer: '/Workers', type: 'integer 1…8', default: 2, description: 'Worker threads.' },
      { pointer: '/Mqtt', type: 'boolean', default: true, description: 'Publish to the cloud too.' },
      { pointer: '/Providers', type: 'list of text', default: ['cpu'], description: 'Ladder, best first.' },
      { pointer: '/Mode', type: '"once", "watch"', default: 'once', description: 'How the folder is read.' },
      { pointer: '/Annotate/Enabled', type: 'boolean', default: false, description: 'Draw boxes.' },
      { pointer: '/Annotate/MaxBytes', type: 'integer', default: 1_000_000, description: 'Disk cap.' },
      { pointer: '/Sources', type: 'list of group', default: [], description: '' },
      { pointer: '/Sources/*/Path', type: 'text', default: undefined, description: 'Folder.' },
      { pointer: '/Sources/*/Camera', type: 'text', default: undefined, description: '' },
      { pointer: '/Limits', type: 'map of number', default: {}, description: '' },
    ]);
  });
});
