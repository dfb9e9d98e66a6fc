import { corrupt } from '../raster.ts';

/** Entries of the first directory by tag; each value is a list of whole numbers. */
export type TiffDirectory = ReadonlyMap<number, readonly number[]>;

const ENTRY_BYTES = 12;
/** Bytes of a number by the type of its entry: BYTE, SHORT, LONG. */
const BYTES_OF: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4 };
/** Strips of one row each of the highest image that is read. */
const MAX_VALUES = 131_072;

/**
 * Reads the tags that are wanted; others, and those of other types, are left out.
 * Source: Adobe, "TIFF Revision 6.0", section 2.
 * @throws RasterFault
 */
export function readTiffDirectory(view: DataView, little: boolean, wanted: ReadonlySet<number>): TiffDirectory {
  const at = view.getUint32(4, little);
  if (at + 2 > view.byteLength) throw corrupt(`its directory begins at ${at}, beyond its end`);
  const count = view.getUint16(at, little);
  if (at + 2 + count * ENTRY_BYTES > view.byteLength) throw corrupt('it ends within its directory');
  const directory = new Map<number, readonly number[]>();
  for (let index = 0; index < count; index++) {
    const entry = at + 2 + index * ENTRY_BYTES;
    const tag = view.getUint16(entry, little);
    const bytes = BYTES_OF[view.getUint16(entry + 2, little)];
    if (bytes && wanted.has(tag) && !directory.has(tag)) directory.set(tag, valuesOf(view, little, entry, bytes));
  }
  return directory;
}

function valuesOf(view: DataView, little: boolean, entry: number, bytes: 1 | 2 | 4): readonly number[] {
  const count = view.getUint32(entry + 4, little);
  if (count > MAX_VALUES) throw corrupt(`an entry of its directory has ${count} values`);
  const from = count * bytes <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
  if (from + count * bytes > view.byteLength) throw corrupt('an entry of its directory lies beyond its end');
  return Array.from({ length: count }, (_, index) => {
    const at = from + index * bytes;
    return bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, little) : view.getUint32(at, little);
  });
}
