import path from 'node:path';
import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import { coreErrors } from '../errors.ts';
import { JsonFile, writeCoreFile } from '../files/json-file.ts';

/** The deployed set: root components by group, and the version of every component. */
export interface DeployedSet {
  /** Version requirement by component, by group. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly components: Readonly<Record<string, string>>;
  /** Versions that were deployed before these; their artifacts are kept for a rollback. */
  readonly previous: Readonly<Record<string, string>>;
  /** Id of the deployment that made it so. */
  readonly by?: string | undefined;
}

const NOTHING_DEPLOYED: DeployedSet = { groups: {}, components: {}, previous: {} };

/** Group of deployments that name none. */
const LOCAL_GROUP = 'LOCAL_DEPLOYMENT';

export function groupOf(groupName: string | undefined): string {
  return groupName === undefined || groupName === '' ? LOCAL_GROUP : `thinggroup/${groupName}`;
}

const versions = z.record(z.string(), z.string());
const schema = z.object({
  groups: z.record(z.string(), versions),
  components: versions,
  previous: versions,
  by: z.string().optional(),
});

/** @throws configuration.unreadable */
export async function readDeployedSet(folder: string): Promise<DeployedSet> {
  const file = fileIn(folder);
  try {
    const stored = await JsonFile.read(file);
    return stored === undefined ? NOTHING_DEPLOYED : schema.parse(stored);
  } catch (cause) {
    const message = `the list of deployed components ${file} cannot be read: ${messageOf(cause)}`;
    throw coreErrors.error('configuration.unreadable', message, { cause, facts: { file } });
  }
}

export function writeDeployedSet(folder: string, set: DeployedSet): Promise<void> {
  return writeCoreFile(fileIn(folder), `${JSON.stringify(set, undefined, 2)}\n`);
}

function fileIn(folder: string): string {
  return path.join(folder, 'deployed.json');
}
