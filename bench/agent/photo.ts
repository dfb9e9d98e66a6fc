import sharp from 'sharp';

const QUALITY = 90;
const ROUNDS = 6;

/** A JPEG within some percent of `bytes`, made from another image by changing its width. */
export async function photoOf(source: string, bytes: number): Promise<Buffer> {
  let width = (await sharp(source).metadata()).width;
  let photo = Buffer.alloc(0);
  for (let round = 0; round < ROUNDS; round++) {
    photo = await sharp(source).resize({ width }).jpeg({ quality: QUALITY }).toBuffer();
    // Bytes grow with the area, somewhat slower in pictures that are blown up.
    width = Math.round(width * Math.sqrt(bytes / photo.length));
  }
  return photo;
}
