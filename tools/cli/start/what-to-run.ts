import path from 'node:path';
import { exists } from '#packages/foundation';
import type { LocalDeploymentRequest } from '../../local-core/ports.ts';
import { PROJECT_FILE } from '../../project-file/project-file-name.ts';
import { readProjectFile } from '../../project-file/read-project-file.ts';
import type { ProjectFile } from '../../project-file/project-file.ts';
import { cliErrors } from '../errors.ts';
import type { Output } from '../frame/output.ts';
import { collectionDeployment, makeInbox } from './collection.ts';
import type { Inbox } from './collection.ts';
import { enabledSources, projectDeployment } from './project-deployment.ts';
import { SourceTally } from './result-tally.ts';
import type { ResultTally } from './result-tally.ts';
import { SampleTally } from './result-stream.ts';
import { stageSamples } from './samples.ts';

export interface StartChoice {
  readonly file?: string | undefined;
  readonly samples?: boolean | undefined;
}

export interface RunOptions {
  readonly once?: boolean | undefined;
  /** Folder to watch with the samples, absolute. */
  readonly inbox: string;
}

/** A deployment and what is to be waited for. */
export interface WhatToRun {
  /** edgeml.yaml, or `samples`. */
  readonly from: string;
  readonly request: LocalDeploymentRequest;
  readonly tally: ResultTally | undefined;
  readonly what: string;
  /** Whether results may come faster than anybody reads them. */
  readonly paced: boolean;
  readonly inbox: Inbox | undefined;
}

export interface RunSurroundings {
  readonly root: string;
  readonly out: Output;
  readonly signal: AbortSignal;
}

/**
 * The project file that a start runs; undefined: the samples.
 *
 * @throws EdgeError `project-file.*`, `cli.usage`
 */
export async function projectOf({ file, samples }: StartChoice): Promise<ProjectFile | undefined> {
  if (samples && file !== undefined) throw cliErrors.error('cli.usage', 'give --file or --samples, not both');
  if (samples) return undefined;
  if (file !== undefined) return readProjectFile(file);
  return (await exists(PROJECT_FILE)) ? readProjectFile(PROJECT_FILE) : undefined;
}

/** @throws EdgeError `cli.no-samples`, and those of packaging */
export async function whatToRun(
  project: ProjectFile | undefined,
  { once = false, inbox }: RunOptions,
  { root, out, signal }: RunSurroundings,
): Promise<WhatToRun> {
  return project ? fromProject(project, once, out, signal) : fromSamples(once ? undefined : inbox, root);
}

async function fromProject(project: ProjectFile, once: boolean, out: Output, signal: AbortSignal): Promise<WhatToRun> {
  out.note(`Running ${project.path}`);
  const sources = enabledSources(project);
  return {
    from: project.path,
    request: await projectDeployment(once ? seenAnew(project) : project, out, signal),
    tally: once ? new SourceTally(sources) : undefined,
    what: once ? `An image of each source (${sources.join(', ')})` : Object.keys(project.models).join(', '),
    paced: true,
    inbox: undefined,
  };
}

/** The same project, in which images of an earlier start are answered again. */
function seenAnew(project: ProjectFile): ProjectFile {
  const sources = Object.entries(project.sources).map(
    ([name, source]) => [name, { ...source, Journal: false }] as const,
  );
  return { ...project, sources: Object.fromEntries(sources) };
}

async function fromSamples(inboxFolder: string | undefined, root: string): Promise<WhatToRun> {
  const samples = await stageSamples(path.join(root, 'samples'));
  const tally = new SampleTally(samples);
  const inbox = inboxFolder === undefined ? undefined : await makeInbox(inboxFolder);
  return {
    from: 'samples',
    request: await collectionDeployment(samples, inbox),
    tally,
    what: `${tally.total} sample images`,
    paced: false,
    inbox,
  };
}
