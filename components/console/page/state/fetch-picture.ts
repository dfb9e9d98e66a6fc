import type { PicturesHead } from '#packages/http';
import { Refusal, request } from './request.ts';
import { readState } from './store.ts';

/** Pictures in the answer to `GET /api/pictures`, each with its bytes; empty if the page has them already. */
export async function fetchPictures(
  query: readonly string[],
): Promise<readonly { readonly shown: PicturesHead['pictures'][number]; readonly content: Blob }[]> {
  const words = new URLSearchParams({ viewer: readState().viewer });
  for (const source of query) words.append('source', source);
  const bytes = new Uint8Array(await (await request(`/api/pictures?${words}`)).arrayBuffer());
  const end = bytes.indexOf(10);
  const { pictures } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as PicturesHead;
  let at = end + 1;
  return pictures.map((shown) => {
    const content = new Blob([bytes.subarray(at, (at += shown.bytes))], { type: shown.contentType });
    return { shown, content };
  });
}

const TRIES = 5;

/** The newest picture of a source, as the device has it. @throws Refusal if none comes within some ten seconds */
export async function fetchPicture(source: string): Promise<Blob> {
  for (let times = 0; times < TRIES; times++) {
    // The device waits two seconds for one.
    const [picture] = await fetchPictures([source]);
    if (picture && picture.content.size > 0) return picture.content;
  }
  throw new Refusal({
    code: 'console.no-picture',
    message: `${source} has not given a picture`,
    todo: 'Look at the source on the page Live, or choose a picture of your own.',
  });
}
