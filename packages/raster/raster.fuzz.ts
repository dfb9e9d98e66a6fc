import { ok } from 'node:assert';
import { deflateSync } from 'node:zlib';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { bmp, packedTiff, tiff } from '../../testing/vision/rasters.ts';
import { RasterFault } from './raster.ts';
import { rasterFormat, readRaster } from './read-raster.ts';

const MAX_PIXELS = 1_000_000;

const target: FuzzTarget = {
  about: 'BMP and TIFF files from industrial cameras and requests',
  dictionary: ['BM', 'II*\0', 'MM\0*'],
  seeds: () =>
    Promise.resolve([
      bmp({ bits: 1 }),
      bmp({ bits: 8 }),
      bmp({ bits: 16, isTopDown: true }),
      bmp({ bits: 24 }),
      bmp({ bits: 32, masks: [0xff0000, 0xff00, 0xff, 0xff000000] }),
      tiff({ bits: 1 }),
      tiff({ bits: 8, samples: 3 }),
      tiff({ bits: 16, little: false, rowsPerStrip: 2 }),
      tiff({ bits: 16, samples: 5, isPlanar: true }),
      tiff({ bits: 8, kind: 3 }),
      packedTiff({ bits: 8 }, [deflateSync(Buffer.alloc(15, 7))], { 259: [8], 317: [2] }),
      packedTiff({ bits: 8, width: 2, height: 1 }, [Buffer.from([0x80, 0x0b, 0x60, 0x50])], { 259: [5] }),
      packedTiff({ bits: 16, height: 1 }, [Buffer.from([1, 2, 3, 247, 9])], { 259: [32_773], 317: [2] }),
    ]),
  run(bytes) {
    if (!rasterFormat(bytes)) return;
    try {
      const { width, height, channels, data } = readRaster(bytes, MAX_PIXELS);
      ok(width * height <= MAX_PIXELS, `${width}×${height} pixels`);
      ok(data.length === width * height * channels, `${data.length} values for ${width}×${height}×${channels}`);
      // One bit becomes a byte, or three of a palette, and LZW packs 1400 to 1: no file takes more memory than its bytes allow.
      const most = rasterFormat(bytes) === 'BMP' ? 24 : 24 * 1400;
      ok(data.byteLength <= most * bytes.length + 64, `${data.byteLength} bytes from ${bytes.length}`);
    } catch (thrown) {
      if (!(thrown instanceof RasterFault)) throw thrown;
      ok(thrown.message.length > 10, thrown.message);
    }
  },
};
export default target;
