import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { fromWire } from '#packages/foundation';
import type { WireError } from '#packages/foundation';
import { preparationOf } from '#packages/model-package';
import type { AgentClient, TryAnswer, TryReport, TryServed } from '#packages/http';
import { PROJECT } from '../../bundle/project.ts';
import { AwsClients } from '../../package/source/aws-clients.ts';
import { findSource } from '../../package/source/find-source.ts';
import { MAX_MODEL_BYTES } from '../../project-file/package-models.ts';
import { cliErrors } from '../errors.ts';
import { movedByAnswers } from './moved-by-answers.ts';
import { prepareModel } from './prepare-model.ts';
import type { PreparedModel } from './prepare-model.ts';
import { tryModel } from './try-model.ts';
import type { TriedModel } from './try-model.ts';

export interface DroppedModelsOptions {
  /** Belongs to this object: it is emptied at the start. */
  readonly folder: string;
  readonly agent: Pick<AgentClient, 'activate'>;
  readonly signal: AbortSignal;
}

interface Dropped {
  readonly folder: string;
  /** Path of the .onnx file. */
  readonly file: string;
  labels: string | undefined;
  prepared: PreparedModel;
  model: TriedModel;
}

/** Models in memory at most; the oldest goes. */
const MAX_TRIES = 8;
/** A model that takes longer on this machine is not for cameras. */
const ANSWER_MS = 60_000;

const run = promisify(execFile);

/** Models that somebody drops on the page: proposed as `edgeml try` does, answered by a process of their own, handed to the agent. */
export class DroppedModels {
  readonly #options: DroppedModelsOptions;
  readonly #tries = new Map<string, Dropped>();

  private constructor(options: DroppedModelsOptions) {
    this.#options = options;
  }

  static async open(options: DroppedModelsOptions): Promise<DroppedModels> {
    await rm(options.folder, { recursive: true, force: true });
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    return new DroppedModels(options);
  }

  /**
   * @param name file name, e.g. `street.onnx`
   * @throws EdgeError `cli.usage`, `try.*`, and those of packaging
   */
  async add(name: string, content: Readable): Promise<TryReport> {
    if (!/^[\w. -]{1,120}\.onnx$/i.test(name) || name.startsWith('.'))
      throw cliErrors.error('cli.usage', `"${name.slice(0, 120)}" is not the name of an .onnx file`);
    const id = randomBytes(6).toString('hex');
    const folder = path.join(this.#options.folder, id);
    await mkdir(folder);
    const file = path.join(folder, name);
    try {
      await pipeline(content, limited(MAX_MODEL_BYTES), createWriteStream(file), { signal: this.#options.signal });
      this.#tries.set(id, { folder, file, labels: undefined, ...(await this.#propose(folder, file, undefined)) });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    await this.#forgetOldest();
    return reportOf(id, this.#of(id).model);
  }

  /** @throws EdgeError `try.no-model`, `try.labels`, and those of packaging */
  async label(id: string, text: string): Promise<TryReport> {
    const one = this.#of(id);
    const labels = path.join(one.folder, 'labels.txt');
    await writeFile(labels, text);
    Object.assign(one, await this.#propose(one.folder, one.file, labels), { labels });
    return reportOf(id, one.model);
  }

  /**
   * Answers a picture; if the background is among the answers, the labels are one row off, and are moved.
   *
   * @throws EdgeError `try.no-model`, `try.no-answer`, and those of running a model
   */
  async answer(id: string, picture: Uint8Array): Promise<TryAnswer> {
    const one = this.#of(id);
    const answer = await this.#answer(one, picture);
    const proposed = movedByAnswers(one.model, answer.predictions);
    if (!proposed) return answer;
    one.prepared = { ...one.prepared, proposed };
    one.model = await this.#package(one.prepared, one.folder, one.file, one.labels);
    return this.#answer(one, picture);
  }

  async #answer({ folder, model }: Dropped, picture: Uint8Array): Promise<TryAnswer> {
    const image = path.join(await mkdtemp(path.join(folder, 'picture-')), 'picture.jpg');
    await writeFile(image, picture);
    // In its own process: a model that somebody found somewhere must not end the collection.
    const words = [path.join(PROJECT, 'tools/edgeml.mjs'), 'predict', '--json', '--package', model.folder];
    const { stdout, stderr } = await run(process.execPath, [...words, '--image', image], {
      timeout: ANSWER_MS,
      signal: this.#options.signal,
      maxBuffer: 32_000_000,
    }).catch((thrown: unknown) => thrown as { readonly stdout: string; readonly stderr: string });
    await rm(path.dirname(image), { recursive: true, force: true });
    const line = stdout?.split('\n').find((text) => text.startsWith('{'));
    const said = line === undefined ? undefined : (JSON.parse(line) as Partial<TryAnswer> & { error?: WireError });
    if (said?.error) throw fromWire(said.error);
    if (said?.predictions && said.timings) return { predictions: said.predictions, timings: said.timings };
    const why = stderr?.trim().split('\n')[0] || `there was none within ${ANSWER_MS / 1_000} s`;
    throw cliErrors.error('try.no-answer', `${model.name} has not answered the picture: ${why}`);
  }

  /** Hands the package to the agent, which serves it until this start ends. @throws EdgeError `try.no-model`, those of activation */
  async serve(id: string): Promise<TryServed> {
    const { model, file, labels } = this.#of(id);
    await this.#options.agent.activate({ path: model.folder });
    const words = [
      'npm run -s edgeml -- try',
      path.basename(file),
      ...(labels === undefined ? [] : ['--labels labels.txt']),
    ];
    return { name: model.name, command: words.join(' ') };
  }

  #of(id: string): Dropped {
    const one = this.#tries.get(id);
    if (one) return one;
    throw cliErrors.error('try.no-model', `there is no model under ${id.slice(0, 40)} any more`);
  }

  async #propose(
    folder: string,
    file: string,
    labels: string | undefined,
  ): Promise<Pick<Dropped, 'prepared' | 'model'>> {
    const { signal } = this.#options;
    const aws = new AwsClients(undefined);
    try {
      const found = await findSource(file, { aws, maxBytes: MAX_MODEL_BYTES, signal });
      const prepared = await prepareModel(found, await mkdtemp(path.join(folder, 'content-')), labels, signal);
      return { prepared, model: await this.#package(prepared, folder, file, labels) };
    } finally {
      aws.close();
    }
  }

  async #package(
    prepared: PreparedModel,
    folder: string,
    file: string,
    labels: string | undefined,
  ): Promise<TriedModel> {
    const request = {
      entry: { source: file, ...(labels === undefined ? {} : { labels }) },
      name: undefined,
      file: path.join(folder, 'edgeml.yaml'),
      onProgress: () => undefined,
      signal: this.#options.signal,
    };
    return tryModel(prepared, request, await mkdtemp(path.join(folder, 'package-')));
  }

  async #forgetOldest(): Promise<void> {
    const [oldest] = this.#tries;
    if (this.#tries.size <= MAX_TRIES || !oldest) return;
    this.#tries.delete(oldest[0]);
    // The agent has a copy of what it serves.
    await rm(oldest[1].folder, { recursive: true, force: true });
  }
}

function limited(maxBytes: number): (source: AsyncIterable<Buffer>) => AsyncIterable<Buffer> {
  return async function* (source) {
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw cliErrors.error('cli.usage', `the model has more than ${maxBytes / 2 ** 20} MiB`);
      yield chunk;
    }
  };
}

function reportOf(id: string, { name, manifest, bytes, labels, proposed }: TriedModel): TryReport {
  const { version, task, input, output } = manifest;
  const { width, height } = input ? preparationOf(input) : {};
  return {
    id,
    name,
    version,
    task,
    decoder: output.decoder,
    ...(input
      ? { input: { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) } }
      : {}),
    bytes,
    labels: labels.length,
    notes: proposed?.notes ?? [],
  };
}
