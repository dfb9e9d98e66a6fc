import { expect, it } from 'vitest';
import { pictureHead, readPictureHead } from './picture-head.ts';

const picture = {
  brightness: 90.5,
  contrast: 0.4,
  sharpness: 0.7,
  layout: Uint8Array.from({ length: 48 }, (_, at) => at),
};

it('carries what a picture looks like through JSON', () => {
  const back = readPictureHead(JSON.parse(JSON.stringify(pictureHead(picture))));
  expect({ ...back, layout: [...back.layout] }).toEqual({ ...picture, layout: [...picture.layout] });
});

it.each([null, 'x', {}, { layout: 7 }, { layout: 'AA==' }, { layout: 'A'.repeat(65) }, { layout: '!'.repeat(64) }])(
  'does not take %j',
  (head) => {
    expect(() => readPictureHead(head)).toThrow('48 bytes');
  },
);
