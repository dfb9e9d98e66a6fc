import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  DEFAULT_PACKAGE_LIMITS,
  EDGE_MANIFEST_FILE,
  edgeManifestOf,
  listFiles,
  MANIFEST_FILE,
  parseManifest,
  SIGNATURE_FILE,
} from '#packages/model-package';
import type { ModelManifest } from '#packages/model-package';
import { DICTIONARY_FILE } from '../../onnx/propose-text.ts';
import { BASELINE_FILE, makeBaseline } from '../check/make-baseline.ts';
import { checkVariant } from '../check/check-model.ts';
import { GALLERY_FILE, makeGallery } from '../check/make-gallery.ts';
import { makeGolden } from '../check/make-golden.ts';
import type { GoldenCase } from '../check/make-golden.ts';
import { packagingErrors } from '../errors.ts';
import { copyInto, readGiven, writeInto } from '../files.ts';
import { referenceSet } from '../source/reference-set.ts';
import type { FoundSource } from '../source/source.ts';
import { findModel } from './find-model.ts';
import type { ModelFiles } from './find-model.ts';
import { makeManifest, openQuestions, parseDraft, proposeFor } from './make-manifest.ts';
import type { ManifestDraft, Proposed } from './make-manifest.ts';
import { filesOfOnnx } from './onnx-files.ts';

/** The user's options beside the source. */
export interface PackageRequest {
  readonly name?: string;
  readonly version?: string;
  /** File with keys of model.json that go over what the source says and over what is proposed. */
  readonly manifest?: string;
  /** Keys of model.json that go over those of `manifest`. */
  readonly keys?: ManifestDraft;
  /** File with one label a line. */
  readonly labels?: string;
  /** Images to make golden cases of, in addition to those that the source has. */
  readonly golden: readonly string[];
  /** Leave out images in which the model finds nothing, as long as it finds something in one. Default: they are refused. */
  readonly mayFindNothing?: boolean;
  /** Shows the recorded answers of each of them; resolves with the place. */
  readonly showGolden?: (shown: GoldenCase) => Promise<string>;
  /** A person has looked at the golden cases: labels that look shifted are taken. */
  readonly goldenSeen?: boolean;
  /** Folder or list of pictures of what the model will see, or `golden`: see `referenceSet`. Default: no baseline is made. */
  readonly baseline?: string;
  /** Folder of pictures that a model of the task `embedding` knows by name: see `makeGallery`. Default: no gallery is made. */
  readonly gallery?: string;
  /** An int8 build of the same model; it is kept only where it passes the golden cases. */
  readonly int8?: string;
  /** Take what is usual for what neither the file nor a manifest says; otherwise that is refused. */
  readonly assume?: boolean;
}

export interface Assembled {
  readonly manifest: ModelManifest;
  /** Points that a person should check: guesses of the proposal, variants that were left out. */
  readonly notes: readonly string[];
  /** Whether the model.json was proposed, since the source did not have one. */
  readonly isProposed: boolean;
}

/**
 * Makes a package folder of fetched files: model.json, the files that it names, golden cases, sagemaker_edge_manifest.
 * A package that comes signed and is not to be changed is taken over byte by byte, so that its signature stays good.
 * @throws EdgeError `packaging.*`, `model.*`, `package.*`
 */
export async function assemble(
  source: FoundSource,
  content: string,
  target: string,
  request: PackageRequest,
  signal: AbortSignal,
): Promise<Assembled> {
  const files = (await listFiles(content, DEFAULT_PACKAGE_LIMITS)).map((file) => file.path);
  const model = findModel(source.identity.uri, files);
  const from = path.join(content, model.root);
  const inside = files.flatMap((file) => relativeTo(model.root, file));
  const notes: string[] = [];
  if (model.isPackage && inside.includes(SIGNATURE_FILE)) {
    if (!asksForChange(request)) return { manifest: await takeOver(from, inside, target), notes, isProposed: false };
    notes.push('the signature of the source is dropped, since the package is changed');
  }
  for (const file of await modelFiles(from, model, inside)) await copyInto(from, file, target);
  const { draft, labels, dictionary } = await draftOf(source, from, model, inside, request, notes);
  if (labels) await writeInto(target, 'labels.txt', Buffer.from(`${labels.join('\n')}\n`));
  if (dictionary) await writeInto(target, DICTIONARY_FILE, Buffer.from(`${dictionary.join('\n')}\n`));
  if (request.labels !== undefined) await writeInto(target, 'labels.txt', await readGiven(request.labels));
  const manifest = await complete(target, draft, request, notes, signal);
  await writeInto(target, EDGE_MANIFEST_FILE, edgeManifestOf(manifest));
  return { manifest, notes, isProposed: !model.isPackage };
}

function asksForChange({
  name,
  version,
  manifest,
  keys,
  labels,
  golden,
  baseline,
  gallery,
  int8,
}: PackageRequest): boolean {
  return (
    [name, version, manifest, keys, labels, baseline, gallery, int8].some((value) => value !== undefined) ||
    golden.length > 0
  );
}

async function takeOver(from: string, files: readonly string[], target: string): Promise<ModelManifest> {
  for (const file of files) await copyInto(from, file, target);
  const text = (await readGiven(path.join(from, MANIFEST_FILE))).toString('utf8');
  return parseManifest(parseDraft(text, MANIFEST_FILE));
}

/** All files of a package; of anything else the models, also compiled ones, their weights and their labels. */
async function modelFiles(from: string, model: ModelFiles, inside: readonly string[]): Promise<readonly string[]> {
  const written = [MANIFEST_FILE, EDGE_MANIFEST_FILE, SIGNATURE_FILE];
  if (model.isPackage) return inside.filter((file) => !written.includes(file));
  const external = await Promise.all(model.onnx.map((file) => filesOfOnnx(path.join(from, file))));
  const wanted = new Set([...external.flat().map((file) => file.path), 'labels.txt', DICTIONARY_FILE]);
  return inside.filter((file) => wanted.has(file) || /\.(hef|rknn)$/.test(file));
}

async function draftOf(
  source: FoundSource,
  from: string,
  model: ModelFiles,
  inside: readonly string[],
  request: PackageRequest,
  notes: string[],
): Promise<Drafted> {
  const given: ManifestDraft[] = [];
  const read = async (file: string): Promise<void> =>
    void given.push(parseDraft((await readGiven(file)).toString('utf8'), file));
  if (model.isPackage) await read(path.join(from, MANIFEST_FILE));
  if (request.manifest !== undefined) await read(request.manifest);
  if (request.keys !== undefined) given.push(request.keys);
  const answered = inside.includes(DICTIONARY_FILE) ? [...given, { output: { dictionary: DICTIONARY_FILE } }] : given;
  const proposed = model.isPackage ? undefined : await propose(from, model, answered, request, notes);
  const proposal = proposed?.manifest;
  const { name, version } = request;
  const { suggestedName, suggestedVersion, identity } = source;
  const draft = makeManifest({ given, proposal, name, version, suggestedName, suggestedVersion });
  const hasLabels = request.labels !== undefined || inside.includes('labels.txt');
  const before = draft['provenance'] as Readonly<Record<string, unknown>> | undefined;
  // A package that is packaged again from disk comes from where it came from before.
  const provenance = { ...before, source: (identity.sha256 !== undefined && before?.['source']) || identity };
  const { labels, ...rest } = draft;
  const lines = isRecognizer(draft) && !inside.includes(DICTIONARY_FILE) ? proposed?.dictionary : undefined;
  const dictionary = lines ? { dictionary: lines } : {};
  if (request.labels !== undefined) return { draft: { ...rest, labels: 'labels.txt', provenance }, ...dictionary };
  if (labels === 'labels.txt' && !hasLabels && !model.isPackage) {
    if (proposed?.labels) return { draft: { ...draft, provenance }, labels: proposed.labels };
    notes.push('there is no labels.txt: class numbers serve as labels (--labels FILE)');
    return { draft: { ...rest, provenance } };
  }
  return { draft: { ...draft, provenance }, ...dictionary };
}

interface Drafted {
  readonly draft: ManifestDraft;
  /** Lines of labels.txt. */
  readonly labels?: readonly string[];
  /** Lines of dictionary.txt. */
  readonly dictionary?: readonly string[];
}

function isRecognizer({ output }: ManifestDraft): boolean {
  return (
    typeof output === 'object' && output !== null && 'dictionary' in output && output.dictionary === DICTIONARY_FILE
  );
}

/** A proposal for the one model that there is; where model.json names variants, for the first. */
async function propose(
  from: string,
  { onnx }: ModelFiles,
  given: readonly ManifestDraft[],
  request: PackageRequest,
  notes: string[],
): Promise<Proposed> {
  const named = given.flatMap(({ variants }) => (Array.isArray(variants) ? (variants as { file?: unknown }[]) : []));
  const first = named.map(({ file }) => file).find((file): file is string => typeof file === 'string') ?? onnx[0] ?? '';
  if (named.length === 0 && onnx.length > 1) {
    throw packagingErrors.error('packaging.many-models', `there are ${onnx.length} models: ${onnx.join(', ')}`, {
      facts: { files: onnx },
    });
  }
  const proposed = proposeFor(await readGiven(path.join(from, first)), first);
  notes.push(...proposed.notes.filter((note) => !/^(golden|labels\.txt):/.test(note)));
  const open = openQuestions(proposed.questions, given);
  if (open.length > 0 && request.assume !== true) {
    const asked = open.map(({ keys, text }) => `${keys.join(', ')}: ${text}`);
    throw packagingErrors.error(
      'packaging.undecided',
      `${first} does not say all that must be known. ${asked.join('. ')}`,
      {
        facts: { keys: open.flatMap(({ keys }) => keys) },
      },
    );
  }
  notes.push(...open.map(({ keys, text }) => `${keys.join(', ')}: assumed; ${text}`));
  return proposed;
}

/** Adds what needs the model to run: the gallery, golden cases, the baseline, and the int8 variant that must pass them. Writes model.json. */
async function complete(
  target: string,
  draft: ManifestDraft,
  request: PackageRequest,
  notes: string[],
  signal: AbortSignal,
): Promise<ModelManifest> {
  let current =
    request.gallery === undefined ? draft : await withGallery(target, draft, request.gallery, notes, signal);
  const before = parseManifest(current);
  if (request.golden.length > 0) {
    const { showGolden: show, goldenSeen: isSeen = false, mayFindNothing = false } = request;
    const options = { show, isSeen, mayFindNothing, signal };
    const { entries: made, doubts, leftOut } = await makeGolden(target, before, request.golden, options);
    notes.push(...leftOut, ...doubts.map((doubt) => `doubt: ${doubt}`));
    const kept = before.golden.filter((one) => !made.some(({ expect }) => expect === one.expect));
    current = { ...current, golden: [...kept.map(plainGolden), ...made] };
  }
  if (request.int8 !== undefined) current = await withInt8(target, current, request.int8, notes, signal);
  if (request.baseline !== undefined) current = await withBaseline(target, current, request.baseline, notes, signal);
  await writeInto(target, MANIFEST_FILE, `${JSON.stringify(current, undefined, 2)}\n`);
  return parseManifest(current);
}

/** Golden cases are made with it. */
async function withGallery(
  target: string,
  draft: ManifestDraft,
  folder: string,
  notes: string[],
  signal: AbortSignal,
): Promise<ManifestDraft> {
  const names = await makeGallery(target, parseManifest(draft), folder, signal);
  notes.push(
    `the gallery knows ${names.length} names: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`,
  );
  return { ...draft, output: { ...(draft['output'] as object), gallery: GALLERY_FILE } };
}

async function withBaseline(
  target: string,
  draft: ManifestDraft,
  given: string,
  notes: string[],
  signal: AbortSignal,
): Promise<ManifestDraft> {
  const manifest = parseManifest(draft);
  const { pictures, isGolden } = await referenceSet(given, target, manifest);
  const made = await makeBaseline(target, manifest, pictures, isGolden, signal);
  notes.push(...made.notes);
  return { ...draft, baseline: BASELINE_FILE };
}

function plainGolden(golden: object): object {
  return { ...golden };
}

async function withInt8(
  target: string,
  draft: ManifestDraft,
  file: string,
  notes: string[],
  signal: AbortSignal,
): Promise<ManifestDraft> {
  const name = 'model.int8.onnx';
  const variant = { file: name, precision: 'int8', providers: ['cpu'] };
  const variants = (draft['variants'] as { file: string }[]).filter((one) => one.file !== name);
  const extended = { ...draft, variants: [...variants, variant] };
  const manifest = parseManifest(extended);
  if (manifest.golden.length === 0)
    throw packagingErrors.error('packaging.golden-failed', `${file} cannot be judged: the package has no golden cases`);
  await writeInto(target, name, await readGiven(file));
  const check = await checkVariant(target, manifest, manifest.variants.at(-1) ?? manifest.variants[0], signal);
  if (check.state === 'passed') return extended;
  notes.push(`${path.basename(file)} is left out, it fails the golden cases: ${check.summary}`);
  await rm(path.join(target, name));
  return draft;
}

function relativeTo(root: string, file: string): readonly string[] {
  if (root === '') return [file];
  return file.startsWith(`${root}/`) ? [file.slice(root.length + 1)] : [];
}
