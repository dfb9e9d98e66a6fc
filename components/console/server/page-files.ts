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
  const files = await Promise.all(
    Object.entries(FILES).map(async ([path, { file, type }]) => ({
      path,
      type,
      content: await readFile(join(folder, file)),
    })),
  );
  return files.map(({ path, type, content }) => ({
    method: 'GET' as const,
    path,
    handle: (_request, response) => {
      response.writeHead(200, { 'content-type': type, 'content-length': content.length, 'cache-control': 'no-cache' });
      response.end(content);
    },
  }));
}
