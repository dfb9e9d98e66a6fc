import { ok } from 'node:assert';
import sharp from 'sharp';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../../testing/fuzz/fuzz-target.ts';
import { readExifOrientation } from './exif.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { readPngHeader } from './png-header.ts';
import { sniffImage } from './sniff.ts';
import { readWebpHeader } from './webp-header.ts';

/** Headers only: `test/vision/fuzz.test.ts` damages pictures and has them decoded. */
const target: FuzzTarget = {
  about: 'heads of JPEG, PNG and WebP pictures, with Exif, from cameras and requests',
  dictionary: [
    '\xff\xd8\xff',
    '\xff\xe1',
    'Exif\0\0',
    'II*\0',
    'MM\0*',
    '\xff\xc0',
    '\xff\xc2',
    '\xff\xda',
    'RIFF',
    'WEBPVP8X',
    'VP8L',
    'IHDR',
  ],
  async seeds() {
    const picture = sharp({ create: { width: 16, height: 8, channels: 3, background: '#445566' } });
    return [
      new Uint8Array(
        await picture
          .clone()
          .withExif({ IFD0: { Orientation: '6' } })
          .jpeg()
          .toBuffer(),
      ),
      new Uint8Array(await picture.clone().jpeg({ progressive: true }).toBuffer()),
      new Uint8Array(await picture.clone().png().toBuffer()),
      new Uint8Array(await picture.clone().webp().toBuffer()),
      new Uint8Array(await picture.clone().webp({ lossless: true }).toBuffer()),
    ];
  },
  run(bytes) {
    unlessRefused(() => sniffImage(bytes));
    for (const read of [readJpegHeader, readPngHeader, readWebpHeader]) {
      const header = unlessRefused(() => read(bytes));
      if (header) ok(header.width > 0 && header.height > 0, `its size is ${header.width}×${header.height}`);
    }
    ok([1, 2, 3, 4, 5, 6, 7, 8].includes(readExifOrientation(bytes)));
  },
};
export default target;
