import { open } from 'node:fs/promises';

const MAGIC = 0x7f454c46;
const IS_64_BIT = 2;
/** Of the header and its fields: ELF-64 and ELF-32 object file format, little endian (elf(5)). */
const LAYOUT = {
  64: {
    header: 64,
    programOffset: 32,
    sectionOffset: 40,
    programSize: 54,
    sections: [60, 62],
    fileOffset: 8,
    fileSize: 32,
  },
  32: {
    header: 52,
    programOffset: 28,
    sectionOffset: 32,
    programSize: 42,
    sections: [48, 50],
    fileOffset: 4,
    fileSize: 16,
  },
} as const;

/**
 * Cuts from a program or library what is never loaded: symbols for debuggers and the table of sections. The loader and the exported symbols
 * need segments alone. In the binaries that we take nothing is loaded from behind them; any other file stays as it is.
 *
 * @returns bytes that were saved
 */
export async function stripElf(file: string): Promise<number> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(LAYOUT[64].header);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    if (bytesRead < head.length || head.readUInt32BE(0) !== MAGIC) return 0;
    const bits = head[4] === IS_64_BIT ? 64 : 32;
    const layout = LAYOUT[bits];
    const word = (from: Buffer, at: number): number =>
      bits === 64 ? Number(from.readBigUInt64LE(at)) : from.readUInt32LE(at);

    const entryBytes = head.readUInt16LE(layout.programSize);
    const table = Buffer.alloc(entryBytes * head.readUInt16LE(layout.programSize + 2));
    const tableOffset = word(head, layout.programOffset);
    await handle.read(table, 0, table.length, tableOffset);
    let end = tableOffset + table.length;
    for (let at = 0; at < table.length; at += entryBytes)
      end = Math.max(end, word(table, at + layout.fileOffset) + word(table, at + layout.fileSize));
    if (end >= size) return 0;

    head.fill(0, layout.sectionOffset, layout.sectionOffset + bits / 8);
    for (const at of layout.sections) head.writeUInt16LE(0, at);
    await handle.write(head, 0, layout.header, 0);
    await handle.truncate(end);
    return size - end;
  } finally {
    await handle.close();
  }
}
