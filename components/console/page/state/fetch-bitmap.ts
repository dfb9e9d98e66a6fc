import { request } from './request.ts';

/** A picture of the console, ready to be drawn. @throws Refusal */
export async function fetchBitmap(path: string): Promise<ImageBitmap> {
  return createImageBitmap(await (await request(path)).blob());
}
