import path from 'node:path';
import { exists } from '#packages/foundation';
import { AwsClients } from '../../package/source/aws-clients.ts';
import { findSource } from '../../package/source/find-source.ts';
import { parseSource } from '../../package/source/parse-source.ts';
import { MAX_MODEL_BYTES, packageModels } from '../../project-file/package-models.ts';
import type { ProjectFile, ProjectModel, Settings } from '../../project-file/project-file.ts';
import { readProjectFile } from '../../project-file/read-project-file.ts';
import { modelsFolder } from '../../project-file/work-folders.ts';
import { writeProjectFile } from '../../project-file/write-project-file.ts';
import { writeAnnotated } from '../predict-annotate.ts';
import type { Output } from '../frame/output.ts';
import { openPredictor } from '../predict-source.ts';
import type { Answer } from '../predict-source.ts';
import { isShifted } from './require-labels.ts';
import { openSource } from './open-source.ts';
import type { FoundSource } from './open-source.ts';
import { placeSource } from './place-source.ts';
import { pathFrom, sourceOf } from './source-of.ts';
import { tryModel } from './try-model.ts';
import type { TriedModel, TryModelRequest } from './try-model.ts';

export interface TryRequest {
  /** As the user gave it. */
  readonly model: string;
  readonly sources: readonly string[];
  /** Absolute. */
  readonly labels: string | undefined;
  readonly name: string | undefined;
  readonly sha256: string | undefined;
  /** edgeml.yaml, absolute. */
  readonly file: string;
  readonly out: Output;
  readonly signal: AbortSignal;
}

/** What a source showed, and what the model said of it. */
interface TriedSource {
  readonly name: string;
  readonly settings: Settings;
  readonly answer: Answer;
  /** The picture with the answers drawn on. */
  readonly picture: string;
}

export interface Tried {
  readonly model: TriedModel;
  readonly sources: readonly TriedSource[];
  readonly project: ProjectFile;
}

/**
 * Package the model → take a picture of each source → answer it → write edgeml.yaml.
 *
 * @throws EdgeError `try.*`, `project-file.*`, `source.*`, and those of packaging and running a model
 */
export async function runTry(request: TryRequest): Promise<Tried> {
  const { file, out } = request;
  const base = path.dirname(file);
  const before = (await exists(file)) ? await readProjectFile(file) : undefined;
  const both = new AbortController();
  const signal = AbortSignal.any([request.signal, both.signal]);
  // A camera takes as long to open as a model to load; whichever fails ends the other.
  const opening = openAll(request.sources, base, signal);
  const packaging = packageIt({ ...request, signal });
  const [found, packaged] = await Promise.all([opening, packaging]).catch((error: unknown) => {
    both.abort();
    throw error;
  });
  out.progress(`Running ${packaged.model.name} …`);
  const { model, answers } = await answerAll(packaged, found, out, signal);
  const sources: TriedSource[] = [];
  const placed: Record<string, Settings> = {};
  for (const [index, { answer, frame, ...source }] of answers.entries()) {
    const [name, settings] = placeSource(source, model.name, { ...before?.sources, ...placed });
    placed[name] = settings;
    const picture = await writeAnnotated(path.join(base, '.edgeml/try'), `${name}.jpg`, frame.bytes, answer);
    sources.push({ name, settings: found[index]!.settings, answer, picture });
  }
  const project = await writeProjectFile(file, { models: { [model.name]: model.entry }, sources: placed });
  out.progress('Packaging …');
  await packageModels(project, { output: modelsFolder(file), signal });
  return { model, sources, project };
}

async function openAll(
  addresses: readonly string[],
  base: string,
  signal: AbortSignal,
): Promise<readonly FoundSource[]> {
  const choices = await Promise.all(addresses.map((address) => sourceOf(address, base)));
  return Promise.all(choices.map((choice) => openSource(choice, base, signal)));
}

interface Packaged {
  readonly model: TriedModel;
  readonly request: TryModelRequest;
}

async function packageIt({ model, labels, name, sha256, file, out, signal }: TryRequest): Promise<Packaged> {
  const aws = new AwsClients(undefined);
  try {
    const source = await findSource(model, { aws, maxBytes: MAX_MODEL_BYTES, sha256, signal });
    const base = path.dirname(file);
    const entry: ProjectModel = {
      source: parseSource(model).kind === 'local' ? pathFrom(base, path.resolve(model)) : model,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(labels === undefined ? {} : { labels: pathFrom(base, labels) }),
    };
    const onProgress = (what: string): void => out.progress(what);
    const request = { source, entry, name, labels, output: modelsFolder(file), onProgress, signal };
    return { model: await tryModel(request), request };
  } finally {
    aws.close();
  }
}

interface Answered extends FoundSource {
  readonly answer: Answer;
}

/** Answers every picture; if the answers show that the labels are one row off, with the labels moved. */
async function answerAll(
  { model, request }: Packaged,
  found: readonly FoundSource[],
  out: Output,
  signal: AbortSignal,
): Promise<{ readonly model: TriedModel; readonly answers: readonly Answered[] }> {
  const answers = await answersOf(model, found, out, signal);
  const named = answers.flatMap(({ answer }) => answer.predictions.map(({ label }) => label));
  const { output } = model.manifest;
  const canMove = model.isProposed && 'classOffset' in output && output.classOffset === 0;
  if (!canMove || !isShifted(model.labels, named)) return { model, answers };
  const moved = await tryModel(request, { output: { classOffset: 1 } });
  const note = `output.classOffset: 1, since the model's class 0 was found and ${model.labels[0]} is the first label`;
  const notes = [...moved.notes.filter((text) => !text.startsWith('output.classOffset')), note];
  return { model: { ...moved, notes }, answers: await answersOf(moved, found, out, signal) };
}

async function answersOf(
  { folder }: TriedModel,
  found: readonly FoundSource[],
  out: Output,
  signal: AbortSignal,
): Promise<readonly Answered[]> {
  const predictor = await openPredictor({ package: folder, provider: 'cpu', threads: '0' }, out, signal);
  try {
    const answers: Answered[] = [];
    for (const source of found)
      answers.push({ ...source, answer: await predictor.predict(source.frame.bytes, signal) });
    return answers;
  } finally {
    await predictor.close();
  }
}
