import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { SystemFiles } from '#packages/posix';

/** The kernel's files of a device that is not this one. */
export class SystemFolder implements SystemFiles {
  readonly root = mkdtempSync(join(tmpdir(), 'system-'));
  readonly proc = join(this.root, 'proc');
  /** Extended attributes, by path and name with a blank between them. */
  readonly attributes = new Map<string, string>();

  /** @param files path → text, e.g. `{'proc/meminfo': 'MemAvailable: 1024 kB\n'}` */
  constructor(files: Readonly<Record<string, string>>) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  attribute(path: string, name: string): string | undefined {
    return this.attributes.get(`${path} ${name}`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
