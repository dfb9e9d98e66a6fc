import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { isEdgeError } from '../errors/edge-error.ts';
import { merged } from './changed-configuration.ts';
import { EditableConfiguration } from './editable-configuration.ts';
import { booleanSetting, integerSetting, mapSetting, section, textListSetting, textSetting } from './settings.ts';

const schema = z.object({
  Level: integerSetting({ min: 1, max: 9 }).default(3).describe('How loud.'),
  Cameras: mapSetting(
    section({
      Url: textSetting().default(''),
      Enabled: booleanSetting().default(true),
      Password: textSetting().default('').meta({ writeOnly: true }),
      Options: textListSetting().default([]),
    }),
  ).default({}),
});

function rig(raw: unknown, { deaf = false, check }: { deaf?: boolean; check?: (raw: unknown) => unknown } = {}) {
  let held = raw;
  const written: unknown[] = [];
  const ipc = {
    getConfiguration: async () => structuredClone(held),
    mergeConfiguration: async (_path: readonly string[], value: unknown) => {
      written.push(value);
      if (!deaf) held = merged(held, value);
    },
  };
  const options = { component: 'test.Component', schema, ipc, ...(check ? { check } : {}) };
  return { editable: new EditableConfiguration(options), written };
}

const refusalOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    (thrown: unknown) => (isEdgeError(thrown) ? (thrown.facts['problems'] ?? thrown.code) : String(thrown)),
  );

describe('EditableConfiguration', () => {
  it('tells the settings with their meaning and defaults, and shows neither passwords nor logins in addresses', async () => {
    const cameras = { gate: { Url: 'rtsp://me:word@gate/live', Password: 'word' } };
    const { editable } = rig({ Cameras: cameras, accessControl: { any: 1 } });
    const { schema: node, given, values, problems } = await editable.report();
    expect(node.properties?.['Level']).toMatchObject({ default: 3, minimum: 1, description: 'How loud.' });
    expect(given).toEqual({ Cameras: { gate: { Url: 'rtsp://***@gate/live', Password: '***' } } });
    expect(values).toMatchObject({ Level: 3, Cameras: { gate: { Enabled: true, Password: '***' } } });
    expect(problems).toEqual([]);
  });

  it('shows what is given, and why, when that is not valid', async () => {
    const { editable } = rig({ Level: 'loud' });
    const { values, problems } = await editable.report();
    expect(values).toEqual({ Level: 'loud' });
    expect(problems).toEqual([{ pointer: '/Level', message: 'expected a number, got "loud"' }]);
  });

  it('writes a change and nothing else, and takes away what is null', async () => {
    const { editable, written } = rig({ Level: 4, Cameras: { gate: { Url: 'a' }, yard: { Url: 'b' } } });
    const change = { Level: null, Cameras: { yard: null, gate: { Options: ['-x'] } } };
    const { values } = await editable.change(change);
    expect(written).toEqual([change]);
    expect(values).toMatchObject({ Level: 3, Cameras: { gate: { Url: 'a', Options: ['-x'] } } });
    expect(Object.keys((values as { Cameras: object }).Cameras)).toEqual(['gate']);
  });

  it('writes a group that stands as JSON text as the whole text', async () => {
    const { editable, written } = rig({ Cameras: '{"gate": {"Url": "a"}, "yard": {"Url": "b"}}' });
    await editable.change({ Cameras: { gate: { Enabled: false }, yard: null } });
    expect(written).toEqual([{ Cameras: '{"gate":{"Url":"a","Enabled":false}}' }]);
  });

  it.each([
    [{ Level: 12 }, '/Level', /^expected number to be <=9|too big|got 12/],
    [{ Cameras: { gate: { Enabled: 'perhaps' } } }, '/Cameras/gate/Enabled', /true or false/],
    [{ Lewel: 1 }, '/Lewel', /did you mean Level\?/],
    [{ Cameras: { gate: { Url: 'rtsp://***@other/live' } } }, '/Cameras/gate/Url', /enter the whole text/],
    [{ accessControl: { all: 1 } }, '/accessControl', /only a deployment/],
    ['Level', '/', /a group of settings/],
  ])('refuses %j at %s, and writes nothing', async (change, pointer, message) => {
    const { editable, written } = rig({ Unknown: 'left over' });
    const [problem] = (await refusalOf(editable.change(change))) as { pointer: string; message: string }[];
    expect(problem?.pointer).toBe(pointer);
    expect(problem?.message).toMatch(message);
    expect(written).toEqual([]);
  });

  it('asks the component, too', async () => {
    const check = (): never => {
      throw new Error('two cameras of one name');
    };
    const { editable, written } = rig({}, { check });
    expect(await refusalOf(editable.change({ Level: 5 }))).toContain('two cameras of one name');
    expect(written).toEqual([]);
  });

  it('says so if the nucleus keeps the former value without a word, as lite does', async () => {
    const { editable } = rig({ Level: 4 }, { deaf: true });
    expect(await refusalOf(editable.change({ Level: 5 }))).toBe('config.not-taken');
  });
});
