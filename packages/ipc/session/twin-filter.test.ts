import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TwinFilter } from './twin-filter.ts';

const [old, fresh] = [Symbol('old'), Symbol('fresh')];

it('lets the first of two through, and messages of equal content on one stream', () => {
  const filter = new TwinFilter();
  expect([filter.isFirst(old, { n: 1 }), filter.isFirst(old, { n: 1 })]).toEqual([true, true]);
  expect([filter.isFirst(fresh, { n: 1 }), filter.isFirst(fresh, { n: 1 })]).toEqual([false, false]);
  expect(filter.isFirst(fresh, { n: 1 })).toBe(true);
});

it('hands over each message once, however the two streams interleave', () => {
  const messages = fc.array(fc.nat({ max: 3 }), { maxLength: 20 });
  fc.assert(
    fc.property(messages, fc.array(fc.boolean()), (sent, turns) => {
      const filter = new TwinFilter();
      const streams = [
        { token: old, left: [...sent] },
        { token: fresh, left: [...sent] },
      ];
      const heard: number[] = [];
      const take = (index: number): void => {
        const stream = streams[index];
        const message = stream?.left.shift();
        if (stream && message !== undefined && filter.isFirst(stream.token, message)) heard.push(message);
      };
      for (const turn of turns) take(turn ? 0 : 1);
      for (let n = 0; n < sent.length; n++) [0, 1].forEach(take);
      expect(heard.sort()).toEqual([...sent].sort());
    }),
  );
});
