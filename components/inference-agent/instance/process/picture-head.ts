import type { PictureStatistics } from '#packages/vision';

/** Description of a picture, as JSON. */
export function pictureHead({ layout, ...numbers }: PictureStatistics): object {
  return { ...numbers, layout: Buffer.from(layout).toString('base64') };
}

/** @throws Error for anything else: it comes from a process that a hostile model may have taken over */
export function readPictureHead(head: unknown): PictureStatistics {
  const { brightness, contrast, sharpness, layout } = (head ?? {}) as Readonly<Record<string, unknown>>;
  const parts = typeof layout === 'string' && layout.length <= MOST_CHARACTERS ? Buffer.from(layout, 'base64') : [];
  if (parts.length !== LAYOUT_BYTES) throw new Error('the layout of a picture is 48 bytes in base64');
  const numbers = [brightness, contrast, sharpness].map((value) => (typeof value === 'number' ? value : NaN));
  const [bright = NaN, contrasted = NaN, sharp = NaN] = numbers;
  return { brightness: bright, contrast: contrasted, sharpness: sharp, layout: Uint8Array.from(parts) };
}

/** 8 × 6 parts. */
const LAYOUT_BYTES = 48;
const MOST_CHARACTERS = 64;
