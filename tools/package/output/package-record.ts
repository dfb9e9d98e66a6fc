import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { signedClaimsSchema } from '#packages/model-package';

const sourceSchema = z.looseObject({ uri: z.string() });

/**
 * The record of a packaging run, beside the package as `<name>-<version>.json`: the answer of the old packaging job, and what tells
 * the next run whether anything has changed.
 */
const recordSchema = z.object({
  schemaVersion: z.literal(1),
  status: z.literal('COMPLETED'),
  name: z.string(),
  version: z.string(),
  component: z.string(),
  /** Absent for a component whose model serves. */
  role: z.literal('challenger').exactOptional(),
  source: sourceSchema,
  /** Fingerprint of what was asked for beside the source. */
  request: z.string(),
  /** Identity of the content: the hash that the agent shows for the active model. */
  packageHash: z.string(),
  /** Key that signed it; absent if it is not signed. */
  signedBy: z.string().exactOptional(),
  /** The claims about the package's use. */
  claims: signedClaimsSchema.exactOptional(),
  /** Paths relative to the output folder. */
  files: z.object({ package: z.string(), recipe: z.string(), artifact: z.string(), archive: z.string() }),
  /** SHA-256, hexadecimal, and size. */
  artifact: z.object({ sha256: z.string(), bytes: z.number() }),
  archive: z.object({ sha256: z.string(), bytes: z.number() }),
});

export type PackageRecord = Readonly<z.infer<typeof recordSchema>>;

export const PACKAGES_FOLDER = 'packages';

export function recordFile(
  output: string,
  { name, version, role }: Pick<PackageRecord, 'name' | 'version' | 'role'>,
): string {
  const file = role === undefined ? `${name}-${version}.json` : `${name}-${version}.${role}.json`;
  return path.join(output, PACKAGES_FOLDER, file);
}

/** Every record below an output folder; files that are none are left out. */
export async function readRecords(output: string): Promise<readonly PackageRecord[]> {
  const folder = path.join(output, PACKAGES_FOLDER);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  const records = await Promise.all(names.map((name) => readRecord(path.join(folder, name))));
  return records.flatMap((record) => record ?? []);
}

async function readRecord(file: string): Promise<PackageRecord | undefined> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
