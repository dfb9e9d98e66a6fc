import { createWriteStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { createHttpClient } from '#packages/http';
import { replaceAtomically } from '#packages/foundation';
import { pack } from 'tar-stream';
import type { Configurations } from '../configuration.ts';
import type { Finding } from '../finding.ts';
import { reportText } from '../report-text.ts';
import type { Secrets } from './secrets.ts';

export interface BundleContent {
  readonly findings: readonly Finding[];
  readonly root: string | undefined;
  readonly configurations: Configurations;
  /** Those of the configurations are known to it. */
  readonly secrets: Secrets;
  /** Answers of components, by their socket. */
  readonly sockets: ReadonlyMap<string, string>;
  readonly now: number;
}

/** The end of each log. */
const LOG_BYTES = 1_000_000;
const ANSWERS = ['/healthz', '/metrics', '/v1/models'] as const;

/**
 * Writes a .tar.gz for whoever helps: the report, configurations, the ends of the logs, what the components say of themselves. No key,
 * no picture, no model, no file of a work folder; what looks like a secret is `***`.
 *
 * @returns names of the files in it
 */
export async function writeSupportBundle(file: string, content: BundleContent): Promise<readonly string[]> {
  const files = await filesOf(content);
  const tar = pack();
  const write = async (partial: string): Promise<void> => {
    const written = pipeline(tar, createGzip(), createWriteStream(partial, { mode: 0o600 }));
    for (const [name, text] of files) tar.entry({ name, mode: 0o600, mtime: new Date(content.now) }, text);
    tar.finalize();
    await written;
  };
  await replaceAtomically(path.resolve(file), write, { fsync: 'none' }).finally(() => tar.destroy());
  return [...files.keys()];
}

async function filesOf(content: BundleContent): Promise<ReadonlyMap<string, string>> {
  const { findings, configurations, secrets, root, sockets } = content;
  const files = new Map<string, string>();
  const json = (value: unknown): string => `${JSON.stringify(secrets.inValue(value), undefined, 2)}\n`;
  files.set('report.txt', secrets.inText(`${reportText(findings).join('\n')}\n`));
  files.set('report.json', json(findings));
  for (const [name, configuration] of configurations)
    if (isOurs(name)) files.set(`configuration/${name}.json`, json(configuration));
  for (const [name, text] of root === undefined ? [] : await logs(path.join(root, 'logs')))
    files.set(name, secrets.inText(text));
  for (const [component, socket] of sockets)
    for (const [name, text] of await answers(component, socket)) files.set(name, secrets.inText(text));
  return files;
}

/** The nucleus' own configuration names endpoints and files of keys, and no keys. */
function isOurs(name: string): boolean {
  return name.startsWith('edgeml.') || name === 'aws.greengrass.Nucleus';
}

async function logs(folder: string): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^(edgeml\..*|greengrass)\.log$/.test(name));
  return Promise.all(names.sort().map(async (name) => [`logs/${name}`, await endOf(path.join(folder, name))] as const));
}

async function endOf(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const start = Math.max(0, size - LOG_BYTES);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
      const text = buffer.subarray(0, bytesRead).toString('utf8');
      return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    return `not read: ${String(thrown)}\n`;
  }
}

async function answers(component: string, socket: string): Promise<readonly (readonly [string, string])[]> {
  const http = createHttpClient({ socketPath: socket, timeoutMs: 5_000 });
  try {
    const found: (readonly [string, string])[] = [];
    for (const route of ANSWERS) {
      const answer = await http.request({ method: 'GET', path: route }).catch(() => undefined);
      if (answer && answer.status !== 404)
        found.push([`answers/${component}${route.replaceAll('/', '_')}`, answer.body.toString()]);
    }
    return found;
  } finally {
    http.close();
  }
}
