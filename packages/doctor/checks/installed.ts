import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import { healthSocketOf, readHealth } from '#packages/http';
import type { ComponentHealth } from '#packages/http';
import type { Finding } from '../finding.ts';

export interface InstalledComponent {
  readonly name: string;
  /** Of those whose artifacts lie there; a nucleus keeps old ones for a while. */
  readonly versions: readonly string[];
}

/** Components of the collection below the root of a nucleus. */
export async function installedComponents(root: string): Promise<readonly InstalledComponent[]> {
  const folder = path.join(root, 'packages/artifacts');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('edgeml.')).sort();
  return Promise.all(
    names.map(async (name) => ({ name, versions: (await readdir(path.join(folder, name)).catch(() => [])).sort() })),
  );
}

/** The installed components, and the health that each of them reports if it can be asked. */
export async function checkInstalled(
  root: string,
  installed: readonly InstalledComponent[],
): Promise<readonly Finding[]> {
  if (installed.length === 0)
    return [{ section: 'installed', name: root, state: 'warning', says: 'holds no component of the collection' }];
  const found = await Promise.all(installed.map((one) => component(root, one)));
  return found.flat();
}

async function component(root: string, { name, versions }: InstalledComponent): Promise<readonly Finding[]> {
  const base = { section: 'installed', name } as const;
  const has = versions.join(', ') || 'no artifact';
  const socket = healthSocketOf(root, name);
  if (socket === undefined) return [{ ...base, state: 'info', says: has }];
  try {
    const health = await readHealth(socket, name);
    return [{ ...base, state: stateOf(health), says: `${has}; says ${health.status}` }, ...incidentsOf(name, health)];
  } catch (thrown) {
    const todo = `See whether it runs: \`edgeml local list\`, or its log in ${path.join(root, 'logs')}.`;
    return [{ ...base, state: 'error', says: `${has}; ${messageOf(thrown)}`, todo }];
  }
}

function stateOf({ status, incidents }: ComponentHealth): Finding['state'] {
  if (status === 'ok') return incidents.length === 0 ? 'ok' : 'warning';
  return status === 'degraded' ? 'error' : 'warning';
}

function incidentsOf(name: string, { incidents }: ComponentHealth): readonly Finding[] {
  return incidents.map(({ severity, message, todo }) => ({
    section: 'installed',
    name,
    state: severity,
    says: message,
    ...(todo === undefined ? {} : { todo }),
  }));
}
