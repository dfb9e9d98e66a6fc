import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { corePaths } from '../paths.ts';
import { interpolate } from './interpolate.ts';
import type { VariableContext, VariableScope } from './interpolate.ts';

const owner: VariableScope = {
  name: 'a.App',
  version: '1.0.0',
  configuration: { message: 'hi', n: 1.5, on: false, none: null, list: [2, 1], deep: { b: 1, a: { 'x/y': '~' } } },
};
const base: VariableScope = { name: 'a.Base', version: '2.1.0', configuration: { port: 80 } };
const other: VariableScope = { name: 'a.Other', version: '3.0.0', configuration: { secret: 's' } };

function context(change: Partial<VariableContext> = {}): VariableContext {
  return {
    paths: corePaths('/gg'),
    thingName: 'line-7',
    components: new Map([owner, base, other].map((scope) => [scope.name, scope])),
    log: silentLogger,
    ...change,
  };
}

function resolve(value: unknown, change: Partial<VariableContext> = {}, onlySystem = false): unknown {
  return interpolate(value, owner, new Set(['a.Base']), context(change), { onlySystem });
}

describe('interpolate', () => {
  it.each([
    ['{artifacts:path}/x', '/gg/packages/artifacts/a.App/1.0.0/x'],
    ['{artifacts:decompressedPath}/x', '/gg/packages/artifacts-unarchived/a.App/1.0.0/x'],
    ['{work:path}', '/gg/work/a.App'],
    ['{kernel:rootPath}', '/gg'],
    ['{iot:thingName}', 'line-7'],
    ['{configuration:/message}, {configuration:/message}', 'hi, hi'],
    ['{configuration:/n} {configuration:/on} {configuration:/none}', '1.5 false null'],
    ['{configuration:/list/1}', '1'],
    ['{configuration:/deep}', '{"a":{"x/y":"~"},"b":1}'],
    ['{configuration:/deep/a/x~1y}', '~'],
    ['{a.Base:artifacts:path}', '/gg/packages/artifacts/a.Base/2.1.0'],
    ['{a.Base:work:path}', '/gg/work/a.Base'],
    ['{a.Base:configuration:/port}', '80'],
  ])('%s', (text, expected) => {
    expect(resolve(text)).toBe(expected);
  });

  it.each([
    '{configuration:/nothing}',
    '{configuration:message}',
    '{artifacts:paths}',
    '{unknown:path}',
    '{a.Other:configuration:/secret}',
    '{a.Base:configuration:/nothing}',
    '{a.Missing:work:path}',
  ])('leaves %s as it is and logs an error', (text) => {
    const errors: object[] = [];
    const log: Logger = { ...silentLogger, error: (facts) => errors.push(facts) };

    expect(resolve(`x ${text} y`, { log })).toBe(`x ${text} y`);
    expect(errors).toMatchObject([{ component: 'a.App', placeholder: text }]);
  });

  it('resolves inside objects and lists, and leaves other values alone', () => {
    const value = { run: { Script: '{iot:thingName}', Timeout: 5 }, list: ['{work:path}', null, true] };

    expect(resolve(value)).toEqual({ run: { Script: 'line-7', Timeout: 5 }, list: ['/gg/work/a.App', null, true] });
  });

  it('leaves configuration alone where only system variables are wanted', () => {
    expect(resolve('{iot:thingName} {configuration:/message}', {}, true)).toBe('line-7 {configuration:/message}');
  });

  it('imitates nucleus lite: folders end with a slash, other components are not reached', () => {
    expect(resolve('{work:path}a {kernel:rootPath}', { strictLite: true })).toBe('/gg/work/a.App/a /gg');
    expect(resolve('{a.Base:work:path}', { strictLite: true })).toBe('{a.Base:work:path}');
  });

  it('does not look twice at what a value brought in', () => {
    const tricky = { ...owner, configuration: { a: '{configuration:/b}', b: 'never' } };

    expect(interpolate('{configuration:/a}', tricky, new Set(), context())).toBe('{configuration:/b}');
  });

  it('changes no text without variables', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !/\{[.\w-]+:/.test(text)),
        (text) => {
          expect(resolve(text)).toBe(text);
        },
      ),
    );
  });

  it('finds every value under its pointer', () => {
    const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
    const key = fc.string({ minLength: 1 }).filter((one) => !/[:}]/.test(one) && one !== '__proto__');
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 1, maxLength: 4 }),
        fc.oneof(fc.string(), fc.integer(), fc.boolean()),
        (keys, leaf) => {
          const configuration = keys.reduceRight<unknown>((inner, one) => ({ [one]: inner }), leaf);
          const pointer = keys.map((one) => `/${escape(one)}`).join('');

          const text = interpolate(
            `<{configuration:${pointer}}>`,
            { ...owner, configuration },
            new Set(),
            context({ components: new Map() }),
          );

          expect(text).toBe(`<${leaf}>`);
        },
      ),
    );
  });
});
