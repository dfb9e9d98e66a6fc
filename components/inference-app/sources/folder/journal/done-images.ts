import { stat } from 'node:fs/promises';
import { hashFile } from '#packages/foundation';
import type { FoundImage } from '../list-images.ts';
import { signatureOf } from '../list-images.ts';
import type { FolderJournal } from './folder-journal.ts';

type Named = Pick<FoundImage, 'name' | 'path'>;

/** The images of a folder that need not be looked at, by its journal. */
export class DoneImages {
  readonly #journal: FolderJournal;

  constructor(journal: FolderJournal) {
    this.#journal = journal;
  }

  /** Whether this very file was answered; without reading it. */
  isSame(name: string, signature: string): boolean {
    return this.#journal.find(name)?.signature === signature;
  }

  /** Of images that are there at the start, the paths of those that were answered; a copy with the same content is one. */
  async among(images: readonly FoundImage[]): Promise<ReadonlySet<string>> {
    const done = new Set<string>();
    for (const image of images) {
      if (await this.#isDone(image)) done.add(image.path);
    }
    return done;
  }

  /** Never rejects. @param signature of the content that was answered: the file may be another by now */
  async add({ name, path }: Named, signature: string): Promise<void> {
    const hash = await hashOf(path);
    const stats = await stat(path).catch(() => undefined);
    const isSame = stats !== undefined && signatureOf(stats) === signature;
    const [bytes = 0, modifiedAt = 0] = signature.split(':').map(Number);
    this.#journal.add({ name, signature, bytes, modifiedAt, hash: isSame ? hash : undefined });
  }

  vanished(name: string): void {
    this.#journal.vanished(name);
  }

  async #isDone({ name, path, signature, bytes, modifiedAt }: FoundImage): Promise<boolean> {
    const known = this.#journal.find(name);
    if (!known) return this.#journal.mayBeDropped(modifiedAt);
    if (known.signature === signature) return true;
    if (known.hash === undefined || known.bytes !== bytes || (await hashOf(path)) !== known.hash) return false;
    this.#journal.add({ ...known, signature, modifiedAt });
    return true;
  }
}

function hashOf(path: string): Promise<string | undefined> {
  return hashFile(path, { encoding: 'base64' }).catch(() => undefined);
}
