import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countObjects, depthOf } from './lite-objects.ts';
import { decodeLocal, encodeLocal, plainMessage } from './local-messages.ts';

const keys = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));
const formOf = (message: unknown, lite: boolean): string =>
  Object.keys(encodeLocal('t', message, lite).publishMessage).join();

describe('the form of a local message', () => {
  it.each([
    ['a map that lite delivers', keys(21), 'jsonMessage', 'jsonMessage'],
    ['a map that lite may lose', keys(22), 'binaryMessage', 'jsonMessage'],
    ['a list that lite delivers', { list: Array(40).fill(0) }, 'jsonMessage', 'jsonMessage'],
    ['a list that lite may lose', { list: Array(41).fill(0) }, 'binaryMessage', 'jsonMessage'],
    ['bytes', new Uint8Array([1]), 'binaryMessage', 'binaryMessage'],
    // What JSON leaves out does not count, what it makes of a value does.
    [
      'a map of nothing',
      Object.fromEntries(Object.keys(keys(60)).map((key) => [key, undefined])),
      'jsonMessage',
      'jsonMessage',
    ],
    ['a list that hides', { toJSON: () => ({ list: Array(41).fill(0) }) }, 'binaryMessage', 'jsonMessage'],
  ])('of %s', (_, message, onLite, onJava) => {
    expect(formOf(message, true)).toBe(onLite);
    expect(formOf(message, false)).toBe(onJava);
  });

  it('counts what it takes in a frame', () => {
    expect(encodeLocal('t', keys(1), true).encodedBytes).toBe('{"k0":0}'.length);
    expect(encodeLocal('t', new Uint8Array(4), true).encodedBytes).toBe(8);
    const text = JSON.stringify(keys(30));
    expect(encodeLocal('t', keys(30), true).encodedBytes).toBe(Buffer.from(text).toString('base64').length);
  });
});

describe('plainMessage', () => {
  it('reads an object in each form that lite carries', () => {
    const message = { text: 'ä', list: [1] };
    expect(plainMessage(message)).toBe(message);
    expect(plainMessage(JSON.stringify(message))).toEqual(message);
    expect(plainMessage(Buffer.from(JSON.stringify(message)))).toEqual(message);
    expect(decodeLocal({ binaryMessage: { message: Buffer.from('{"a":1}') } }, 't')).toEqual({
      topic: 't',
      message: { a: 1 },
    });
  });

  it('leaves alone what is not the JSON text of an object', () => {
    for (const bytes of [[], [0x7b], [0x7b, 0xff, 0x7d], [0x5b, 0x5d], [0xff, 0xd8]]) {
      const message = new Uint8Array(bytes);
      expect(plainMessage(message)).toBe(message);
    }
    for (const message of ['text', '{"half":', '[1]', 7, null, undefined]) expect(plainMessage(message)).toBe(message);
  });
});

describe('objects as nucleus lite counts them', () => {
  it('are two for an entry of a map, one for an entry of a list, at all levels', () => {
    expect(countObjects({ a: 1, b: [1, { c: null }], d: {} })).toBe(2 + 2 + 2 + 2 + 2);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(countObjects([a, b])).toBe(2 + countObjects(a) + countObjects(b));
        expect(countObjects({ a, b })).toBe(4 + countObjects(a) + countObjects(b));
        expect(depthOf([a, b])).toBe(1 + Math.max(depthOf(a), depthOf(b)));
      }),
    );
  });
});
