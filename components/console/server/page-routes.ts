import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Route } from '#packages/http';

/** Every file of the page, by its path: no other file is served. */
const FILES = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
} as const;

/** Serves the page from the folder beside the program. @throws the system's error for a file that is missing */
export async function pageRoutes(folder: string): Promise<readonly Route[]> {
  const names = Object.values(FILES).map(({ file }): string => file);
  const contents = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
  return pageFileRoutes((name) => contents.get(name) ?? Buffer.alloc(0));
}

export function pageFileRoutes(contentOf: (file: string) => Uint8Array): readonly Route[] {
  return Object.entries(FILES).map(([path, { file, type }]) => ({
    method: 'GET',
    path,
    api: {
      summary: `Gives ${path === '/' ? 'the page' : 'a part of the page'}.`,
      answers: { 200: { is: 'The file.', content: { [type]: 'bytes' } } },
    },
    handle: (_request, response) => {
      const content = contentOf(file);
      response.writeHead(200, { 'content-type': type, 'content-length': content.length, 'cache-control': 'no-cache' });
      response.end(content);
    },
  }));
}
