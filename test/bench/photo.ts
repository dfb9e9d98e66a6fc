import sharp from 'sharp';

/** A JPEG of about `bytes` (within 2 %, where quality allows), made from another image at `width` pixels. */
export async function photoOf(source: string, bytes: number, width: number): Promise<Buffer> {
  const pixels = await sharp(source).resize({ width }).toBuffer();
  let best = Buffer.alloc(0);
  for (let [low, high] = [1, 100]; low <= high;) {
    const quality = Math.floor((low + high) / 2);
    const jpeg = await sharp(pixels).jpeg({ quality }).toBuffer();
    if (Math.abs(jpeg.length - bytes) < Math.abs(best.length - bytes)) best = jpeg;
    if (jpeg.length < bytes) low = quality + 1;
    else high = quality - 1;
  }
  return best;
}
