import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenEndpoint } from '#packages/object-store';

/** Where `edgeml.EdgeManager` says that the token exchange service is; undefined if it says nothing. */
export async function announcedEndpoint(workFolder: string): Promise<TokenEndpoint | undefined> {
  try {
    const { uri, token } = JSON.parse(
      await readFile(join(workFolder, 'token-endpoint.json'), 'utf8'),
    ) as Partial<TokenEndpoint>;
    return typeof uri === 'string' && typeof token === 'string' ? { uri, token } : undefined;
  } catch {
    return undefined;
  }
}
