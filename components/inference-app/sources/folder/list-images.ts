import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isImageName } from '../../frame/image-file.ts';
import { whyIgnored } from './ignored-files.ts';
import type { IgnoredFile } from './ignored-files.ts';

export interface FoundImage {
  /** Absolute. */
  readonly path: string;
  /** Path inside the folder, with `/`. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly bytes: number;
  /** Changes when the file is written or replaced. */
  readonly signature: string;
}

export interface FolderListing {
  /** In natural order: `2.jpg` before `10.jpg`. */
  readonly images: readonly FoundImage[];
  /** The folder and all below it that were read, absolute. */
  readonly folders: readonly string[];
  /** Folders and files that could not be read, with the reason. */
  readonly problems: readonly { readonly path: string; readonly error: Error }[];
  /** Files that look like images and are not read. */
  readonly ignored: readonly IgnoredFile[];
}

export interface ListOptions {
  readonly recursive: boolean;
  /** Only this file, by its name inside the folder; empty: all. */
  readonly imageName: string;
  /** Whether another source reads a folder, an absolute path: it is then not ignored. */
  readonly isRead?: (folder: string) => boolean;
}

/** A folder of this depth is a mistake or a loop. */
const MAX_DEPTH = 64;

/**
 * Images in a folder. Links to files are followed, links to folders are not (they may form a loop).
 * Rejects when the folder itself cannot be read; what cannot be read below it is a problem in the listing.
 */
export async function listImages(folder: string, options: ListOptions): Promise<FolderListing> {
  const listing: MutableListing = { images: [], folders: [], problems: [], ignored: [] };
  await visit(folder, '', 0, options, listing);
  listing.images.sort((a, b) => ORDER.compare(a.name, b.name));
  return listing;
}

/** Size, time and inode: they tell one content of a file from the next. */
export function signatureOf(stats: Stats): string {
  return `${stats.size}:${stats.mtimeMs}:${stats.ino}`;
}

const ORDER = new Intl.Collator('en', { numeric: true });

interface MutableListing {
  readonly images: FoundImage[];
  readonly folders: string[];
  readonly problems: { path: string; error: Error }[];
  readonly ignored: IgnoredFile[];
}

async function visit(
  path: string,
  name: string,
  depth: number,
  options: ListOptions,
  listing: MutableListing,
): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true });
  listing.folders.push(path);
  for (const entry of entries) {
    const child = join(path, entry.name);
    const childName = name === '' ? entry.name : `${name}/${entry.name}`;
    try {
      if (isFolder(entry)) {
        if (options.recursive && depth < MAX_DEPTH) await visit(child, childName, depth + 1, options, listing);
        else await noteFolder(child, childName, options, listing);
      } else if (isWanted(entry.name, childName, options)) {
        await addImage(child, childName, listing);
      } else {
        const reason = options.imageName === '' ? whyIgnored(entry.name) : undefined;
        if (reason !== undefined) listing.ignored.push({ name: childName, reason });
      }
    } catch (thrown) {
      const isGone = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isGone) listing.problems.push({ path: child, error: thrown as Error });
    }
  }
}

function isFolder(entry: Dirent): boolean {
  return entry.isDirectory() && !entry.name.startsWith('.');
}

function isWanted(base: string, name: string, { imageName }: ListOptions): boolean {
  return imageName === '' ? isImageName(base) : name === imageName;
}

/** A folder that is not read matters only if images lie in it. */
async function noteFolder(
  path: string,
  name: string,
  options: ListOptions,
  { ignored }: MutableListing,
): Promise<void> {
  if (options.imageName !== '' || options.isRead?.(path)) return;
  const images = (await readdir(path)).filter(isImageName).length;
  if (images > 0) ignored.push({ name: `${name}/`, reason: `${images} ${images === 1 ? 'image' : 'images'} in it` });
}

async function addImage(path: string, name: string, listing: MutableListing): Promise<void> {
  const stats = await stat(path);
  if (!stats.isFile()) return;
  const { size: bytes, mtimeMs: modifiedAt } = stats;
  listing.images.push({ path, name, modifiedAt, bytes, signature: signatureOf(stats) });
}
