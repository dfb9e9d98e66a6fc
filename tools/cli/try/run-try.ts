import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exists, maskCredentials } from '#packages/foundation';
import { AwsClients } from '../../package/source/aws-clients.ts';
import { findSource } from '../../package/source/find-source.ts';
import { parseSource } from '../../package/source/parse-source.ts';
import { MAX_MODEL_BYTES } from '../../project-file/package-models.ts';
import type { ProjectFile, ProjectModel, Settings } from '../../project-file/project-file.ts';
import { readProjectFile } from '../../project-file/read-project-file.ts';
import { writeProjectFile } from '../../project-file/write-project-file.ts';
import { writeAnnotated } from '../predict-annotate.ts';
import type { Output } from '../frame/output.ts';
import { openPredictor } from '../predict-source.ts';
import type { Answer } from '../predict-source.ts';
import { prepareModel } from './prepare-model.ts';
import type { PreparedModel } from './prepare-model.ts';
import { movedByAnswers } from './moved-by-answers.ts';
import { keepLogin, withoutLogin } from './keep-login.ts';
import { openSource } from './open-source.ts';
import type { FoundSource } from './open-source.ts';
import { placeSource } from './place-source.ts';
import { pathFrom, sourceOf } from './source-of.ts';
import { packageTried, tryModel } from './try-model.ts';
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
  /** Called as soon as the answers are there; packaging takes longer. */
  readonly onAnswered: (model: TriedModel, sources: readonly TriedSource[]) => void;
  readonly signal: AbortSignal;
}

/** A picture of a source, and the model's answer to it. */
export interface TriedSource {
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
 * Fetch the model and take a picture of each source → answer it → write edgeml.yaml → package the model.
 *
 * @throws EdgeError `try.*`, `project-file.*`, `source.*`, and those of packaging and running a model
 */
export async function runTry(request: TryRequest): Promise<Tried> {
  const work = await mkdtemp(path.join(tmpdir(), 'edgeml-try-'));
  try {
    return await tryIn(work, request);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function tryIn(work: string, request: TryRequest): Promise<Tried> {
  const { file, out } = request;
  const base = path.dirname(file);
  const before = (await exists(file)) ? await readProjectFile(file) : undefined;
  const both = new AbortController();
  const signal = AbortSignal.any([request.signal, both.signal]);
  // A camera takes as long to open as a model to load; whichever fails ends the other.
  const opening = openAll(request.sources, base, signal);
  const packaging = packageIt({ ...request, signal }, work);
  const [found, packaged] = await Promise.all([opening, packaging]).catch(async (error: unknown) => {
    both.abort();
    await Promise.allSettled([opening, packaging]);
    throw error;
  });
  out.progress(`Running ${packaged.model.name} …`);
  const { model, answers } = await answerAll(packaged, found, out, work, signal);
  const sources: TriedSource[] = [];
  const placed: Record<string, Settings> = {};
  for (const [index, { answer, frame, ...source }] of answers.entries()) {
    const { settings: shown, login } = withoutLogin(source.settings);
    const [name, settings] = placeSource({ ...source, settings: shown }, model.name, { ...before?.sources, ...placed });
    placed[name] = await keepLogin(name, settings, login, base);
    const picture = await writeAnnotated(path.join(base, '.edgeml/try'), `${name}.jpg`, frame.bytes, answer);
    sources.push({ name, settings: found[index]!.settings, answer, picture });
  }
  request.onAnswered(model, sources);
  const project = await writeProjectFile(file, { models: { [model.name]: model.entry }, sources: placed });
  await packageTried(packaged.prepared, model, packaged.request);
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
  readonly prepared: PreparedModel;
  readonly model: TriedModel;
  readonly request: TryModelRequest;
}

async function packageIt(
  { model, labels, name, sha256, file, out, signal }: TryRequest,
  work: string,
): Promise<Packaged> {
  const aws = new AwsClients(undefined);
  try {
    out.progress(`Fetching ${maskCredentials(model)} …`);
    const found = await findSource(model, { aws, maxBytes: MAX_MODEL_BYTES, sha256, signal });
    const prepared = await prepareModel(found, await mkdtemp(path.join(work, 'content-')), labels, signal);
    const base = path.dirname(file);
    const entry: ProjectModel = {
      source: parseSource(model).kind === 'local' ? pathFrom(base, path.resolve(model)) : model,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(labels === undefined ? {} : { labels: pathFrom(base, labels) }),
    };
    const request = { entry, name, file, onProgress: (what: string): void => out.progress(what), signal };
    return { prepared, model: await tryModel(prepared, request, await mkdtemp(path.join(work, 'package-'))), request };
  } finally {
    aws.close();
  }
}

interface Answered extends FoundSource {
  readonly answer: Answer;
}

/** Answers every picture; if the background is among the answers, the labels are one row off, and are moved. */
async function answerAll(
  { prepared, model, request }: Packaged,
  found: readonly FoundSource[],
  out: Output,
  work: string,
  signal: AbortSignal,
): Promise<{ readonly model: TriedModel; readonly answers: readonly Answered[] }> {
  const answers = await answersOf(model, found, out, signal);
  const proposed = movedByAnswers(
    model,
    answers.flatMap(({ answer }) => answer.predictions),
  );
  if (!proposed) return { model, answers };
  const again = await mkdtemp(path.join(work, 'package-'));
  const moved = await tryModel({ ...prepared, proposed }, request, again);
  return { model: moved, answers: await answersOf(moved, found, out, signal) };
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
