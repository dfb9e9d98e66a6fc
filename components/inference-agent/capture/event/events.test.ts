import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { CaptureRecord } from '../capture.ts';
import { captureRecord, eventsOf } from '../../../../testing/agent/capture/capture-maker.ts';
import { decodeBase64 } from './base64.ts';
import { inlineData, readEvent, referencesOf } from './read-events.ts';
import { writeEvent } from './write-event.ts';

const context = {
  fleet: 'plant-2',
  device: 'belt-7',
  modelVersion: '1.2.0',
  time: Date.UTC(2023, 4, 31, 20, 5, 24, 999),
  embedLimit: 3_072,
  refOf: (name: string) => `s3://data/${name}`,
};

function written(changes: Partial<CaptureRecord>, embedLimit = context.embedLimit) {
  const { line, sideFiles } = writeEvent(captureRecord('capture-1', changes), { ...context, embedLimit });
  const [event] = eventsOf(line.toString());
  if (!event) throw new Error('no event');
  return { event, sideFiles };
}

const text = (words: string): Uint8Array => Buffer.from(words);
const tensor = (bytes: number) =>
  ({ name: 'input', dataType: 'UINT8', shape: [1, 1, 1, bytes], data: new Uint8Array(bytes).fill(9) }) as const;

describe('row 95: a line of a capture file', () => {
  it('has exactly the fields of the old agent, with arrays that are there even when empty', () => {
    const { event } = written({
      inputs: [
        {
          name: 'input',
          dataType: 'FLOAT32',
          shape: [1, 1, 1, 2],
          data: new Uint8Array(new Float32Array([1, 2]).buffer),
        },
      ],
      outputs: [],
    });
    expect(event).toEqual({
      deviceFleetInputs: [
        {
          name: 'input',
          mode: 'Input',
          encoding: 'BASE64',
          observedContentType: 'Tensor[FLOAT32; 1, 1, 1, 2]',
          data: 'AACAPwAAAEA=',
        },
      ],
      deviceFleetOutputs: [],
      deviceFleetAuxiliaryInputs: [],
      deviceFleetAuxiliaryOutputs: [],
      eventMetadata: {
        deviceFleetName: 'plant-2',
        deviceId: 'belt-7',
        eventId: 'capture-1',
        inferenceTime: '2023-05-31T20:05:24',
        modelName: 'parts',
        modelVersion: '1.2.0',
      },
      eventVersion: '0',
    });
  });

  it('is read by the consumers of the old files', () => {
    const { event } = written({ inputs: [tensor(12)] });
    const match = /Tensor\[(\w+); (\d+), (\d+), (\d+), (\d+)\]/.exec(
      event.deviceFleetInputs[0]?.observedContentType ?? '',
    );
    expect(match?.slice(1)).toEqual(['UINT8', '1', '1', '1', '12']);
    expect(Buffer.from(event.deviceFleetInputs[0]?.data ?? '', 'base64')).toEqual(Buffer.alloc(12, 9));
  });

  it('names tensors as the application does, and auxiliary data by their place', () => {
    const item = (name: string) => ({ name, encoding: 'NONE', data: text('x') }) as const;
    const { event } = written({ inputsAuxiliary: [item('jpg')], outputsAuxiliary: [item('json'), item('mask.jpg')] });
    const shown = [...event.deviceFleetAuxiliaryInputs, ...event.deviceFleetAuxiliaryOutputs].map((entry) => [
      entry.name,
      entry.mode,
      entry.observedContentType,
    ]);
    expect(shown).toEqual([
      ['Input-1', 'Input', 'jpg'],
      ['Output-1', 'Output', 'json'],
      ['Output-2', 'Output', 'mask.jpg'],
    ]);
  });

  it('is one line, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.uint8Array({ maxLength: 5_000 }),
        fc.constantFrom('CSV', 'JSON', 'NONE', 'BASE64'),
        (name, data, encoding) => {
          const { line, sideFiles } = writeEvent(
            captureRecord('c', { inputsAuxiliary: [{ name, encoding, data }], inputs: [] }),
            context,
          );
          const [event, ...more] = eventsOf(line.toString());
          expect(more).toEqual([]);
          const [entry] = event?.deviceFleetAuxiliaryInputs ?? [];
          expect('data' in (entry ?? {})).toBe(sideFiles.length === 0);
          for (const { name: file } of sideFiles) expect(file).toMatch(/^c-1\.[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
          if (encoding !== 'BASE64' && entry?.data !== undefined) {
            expect(inlineData(entry)).toEqual(Buffer.from(data));
          }
        },
      ),
    );
  });
});

describe('row 96: the embed limit', () => {
  it.each([
    [3_072, 3_072, true],
    [3_073, 3_072, false],
    [100, 100, true],
    [101, 100, false],
  ])('%d bytes with a limit of %d are inline: %s', (bytes, limit, isInline) => {
    const { event, sideFiles } = written({ inputs: [tensor(bytes)], outputs: [] }, limit);
    const [entry] = event.deviceFleetInputs;
    expect(entry?.data === undefined).toBe(!isInline);
    expect(referencesOf(event)).toEqual(isInline ? [] : ['s3://data/capture-1-1.bin']);
    expect(sideFiles.map(({ name, data }) => [name, data.byteLength])).toEqual(
      isInline ? [] : [['capture-1-1.bin', bytes]],
    );
  });

  it('numbers side files through the record, and names them by their content', () => {
    const large = (name: string) => ({ name, encoding: 'NONE', data: new Uint8Array(4_000).fill(255) }) as const;
    const { sideFiles } = written({
      inputs: [tensor(4_000)],
      inputsAuxiliary: [large('jpg'), large('mask.jpg'), large('../../etc/passwd'), large('')],
    });
    expect(sideFiles.map(({ name, contentType }) => [name, contentType])).toEqual([
      ['capture-1-1.bin', 'application/octet-stream'],
      ['capture-1-2.jpg', 'image/jpeg'],
      ['capture-1-3.mask.jpg', 'image/jpeg'],
      ['capture-1-4.etcpasswd', 'application/octet-stream'],
      ['capture-1-5.bin', 'application/octet-stream'],
    ]);
  });
});

describe('row 99: auxiliary data', () => {
  const entryOf = (encoding: 'CSV' | 'JSON' | 'NONE' | 'BASE64', data: Uint8Array) =>
    written({ inputsAuxiliary: [{ name: 'x', encoding, data }] }).event.deviceFleetAuxiliaryInputs[0];

  it('in CSV, in JSON and as text stay as they are', () => {
    expect(entryOf('CSV', text('1,2\n3,4'))).toMatchObject({ encoding: 'CSV', data: '1,2\n3,4' });
    expect(entryOf('JSON', text('{"a":"ü"}'))).toMatchObject({ encoding: 'JSON', data: '{"a":"ü"}' });
    expect(entryOf('NONE', text('plain'))).toMatchObject({ encoding: 'NONE', data: 'plain' });
  });

  it('that are not text become base64, whatever they call themselves', () => {
    const bytes = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
    for (const encoding of ['NONE', 'JSON', 'BASE64'] as const) {
      expect(entryOf(encoding, bytes)).toMatchObject({ encoding: 'BASE64', data: '/9j/4A==' });
    }
  });

  it('in base64 stay base64, without surplus padding', () => {
    expect(entryOf('BASE64', text('AQI='))).toMatchObject({ encoding: 'BASE64', data: 'AQI=' });
    expect(entryOf('BASE64', text('AQID=='))).toMatchObject({ encoding: 'BASE64', data: 'AQID' });
  });
});

describe('row 100: files of the old agent', () => {
  it.each([
    ['AQID==', [1, 2, 3]],
    ['AQI===', [1, 2]],
    ['AQI', [1, 2]],
    ['AQ\nID', [1, 2, 3]],
    ['', []],
  ])('base64 with surplus or missing padding is read: %j', (data, bytes) => {
    expect(decodeBase64(data)).toEqual(Buffer.from(bytes));
  });

  it.each(['A', 'AQID-', 'A=QI', 'ü'])('what is not base64 is not: %j', (data) => {
    expect(decodeBase64(data)).toBeUndefined();
  });

  it('a whole line is read', () => {
    const { event } = written({});
    const entry = { ...event.deviceFleetInputs[0]!, data: 'AQIDBA====' };
    const read = readEvent(JSON.stringify({ ...event, deviceFleetInputs: [entry], more: 1 }));
    expect(read && inlineData(read.deviceFleetInputs[0]!)).toEqual(Buffer.from([1, 2, 3, 4]));
    expect(readEvent('{"deviceFleetInputs":[]}')).toBeUndefined();
    expect(readEvent('{"deviceFl')).toBeUndefined();
  });
});
