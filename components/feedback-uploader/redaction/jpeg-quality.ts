/** Sum of the luminance table of ITU-T T.81, annex K.1, which is that of quality 50. */
const SUM_AT_50 = 3_685;

/**
 * The quality that a JPEG was written with, 1 to 100, from the mean of its first quantization table against the one of
 * ITU-T T.81, annex K, scaled as libjpeg does; undefined if there is no such table. Other encoders have other tables:
 * then it is the quality with which ours would keep about as much.
 */
export function jpegQuality(image: Uint8Array): number | undefined {
  const sum = firstTableSum(Buffer.from(image.buffer, image.byteOffset, image.length));
  if (sum === undefined) return undefined;
  const percent = (100 * sum) / SUM_AT_50;
  const quality = percent <= 100 ? (200 - percent) / 2 : 5_000 / percent;
  return Math.min(100, Math.max(1, Math.round(quality)));
}

/** Segments before the first scan: marker, length, content (ITU-T T.81, annex B). */
function firstTableSum(jpeg: Buffer): number | undefined {
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff) {
    const marker = jpeg[at + 1];
    const length = jpeg.readUInt16BE(at + 2);
    if (marker === START_OF_SCAN) return undefined;
    if (marker === QUANTIZATION_TABLES) return tableSum(jpeg.subarray(at + 4, at + 2 + length));
    at += 2 + length;
  }
  return undefined;
}

const START_OF_SCAN = 0xda;
const QUANTIZATION_TABLES = 0xdb;
const VALUES = 64;

function tableSum(table: Buffer): number | undefined {
  const valueBytes = ((table[0] ?? 0) >> 4) + 1;
  if (valueBytes > 2 || table.length < 1 + VALUES * valueBytes) return undefined;
  let sum = 0;
  for (let index = 0; index < VALUES; index++) sum += table.readUIntBE(1 + index * valueBytes, valueBytes);
  return sum;
}
