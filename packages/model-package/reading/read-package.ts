import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#packages/foundation';
import { parseLabels, parseManifest } from '../schema.ts';
import type { ModelManifest } from '../schema.ts';
import { bareManifest, bareModelFile } from './bare-manifest.ts';
import { checkEdgeManifest, EDGE_MANIFEST_FILE } from './edge-manifest.ts';
import { exportInstead, NEO_FACT_FILES, neoFacts, neoFiles } from './foreign-folder.ts';
import { packageErrors } from '../errors.ts';
import { hashFiles, packageHash, SIGNATURE_FILE } from './hash-files.ts';
import type { FileHashes } from './hash-files.ts';
import { DEFAULT_PACKAGE_LIMITS } from './limits.ts';
import type { PackageLimits } from './limits.ts';
import { listFiles } from './list-files.ts';
import type { PackageFile } from './list-files.ts';
import { readPackageFile } from './package-files.ts';

/** A package folder whose manifest is valid and whose named files are there. Its model has not been loaded yet. */
export interface ModelPackage {
  /** Real path of the folder. */
  readonly dir: string;
  readonly manifest: ModelManifest;
  readonly labels: readonly string[];
  readonly files: readonly PackageFile[];
  /** SHA-256 of each file but `signature.json`. Manifest and labels are parsed from the very bytes that were hashed. */
  readonly hashes: FileHashes;
  /** Text of `signature.json`; undefined if there is none. */
  readonly signature: string | undefined;
  /** Identity of the content: SHA-256 over `hashes`. */
  readonly hash: string;
  readonly bytes: number;
}

export interface ReadOptions {
  readonly limits?: PackageLimits;
  readonly signal?: AbortSignal;
}

/**
 * Reads and hashes a package folder, or a folder with one `.onnx` and a `sagemaker_edge_manifest`.
 * @throws EdgeError `package.*` and `model.manifest-invalid`
 */
export async function readPackage(path: string, options: ReadOptions = {}): Promise<ModelPackage> {
  const dir = await folderAt(path);
  const files = await listFiles(dir, options.limits ?? DEFAULT_PACKAGE_LIMITS);
  const present = new Set(files.map((file) => file.path));
  const texts = new Texts(dir, files);
  const manifest = await manifestOf(texts, files, present);
  requireFiles(dir, manifest, present);
  const labels = manifest.labels === undefined ? [] : parseLabels(await texts.read(manifest.labels));
  const signature = present.has(SIGNATURE_FILE) ? await texts.read(SIGNATURE_FILE, MAX_SIGNATURE_BYTES) : undefined;
  const hashes = await hashFiles(dir, files, options.signal, texts.hashes);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { dir, manifest, labels, files, hashes, hash: packageHash(hashes), signature, bytes };
}

export const MANIFEST_FILE = 'model.json';

/** Text files of a package are read whole; a larger one is not a text file. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** Paths and hashes of as many files as a package may have. */
const MAX_SIGNATURE_BYTES = 4 * MAX_TEXT_BYTES;

/** Text files of a package, each read once: what is parsed is what is hashed. */
class Texts {
  readonly dir: string;
  readonly hashes = new Map<string, string>();

  readonly #files: readonly PackageFile[];

  constructor(dir: string, files: readonly PackageFile[]) {
    this.dir = dir;
    this.#files = files;
  }

  async read(path: string, maxBytes = MAX_TEXT_BYTES): Promise<string> {
    const size = this.#files.find((file) => file.path === path)?.bytes ?? 0;
    if (size > maxBytes) {
      const message = `"${path}" in ${this.dir} is ${size} bytes, over ${maxBytes}`;
      throw packageErrors.error('package.manifest-unreadable', message);
    }
    const { bytes, hash } = await readPackageFile(this.dir, path, { maxBytes });
    this.hashes.set(path, hash);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }
}

async function folderAt(path: string): Promise<string> {
  let dir: string;
  try {
    dir = await realpath(path);
  } catch (cause) {
    throw packageErrors.error('package.not-found', `there is no model package at ${path}: ${messageOf(cause)}`, {
      cause,
      facts: { path },
    });
  }
  if ((await stat(dir)).isDirectory()) return dir;
  throw packageErrors.error('package.not-a-package', `${path} is not a folder`, { facts: { path } });
}

async function manifestOf(
  texts: Texts,
  files: readonly PackageFile[],
  present: ReadonlySet<string>,
): Promise<ModelManifest> {
  const bare = present.has(MANIFEST_FILE) ? undefined : bareModelFile(files);
  if (bare !== undefined) return bareManifest(await texts.read(EDGE_MANIFEST_FILE), bare);
  const manifest = parseManifest(await readManifest(texts, files), join(texts.dir, MANIFEST_FILE));
  if (present.has(EDGE_MANIFEST_FILE)) checkEdgeManifest(await texts.read(EDGE_MANIFEST_FILE), manifest);
  return manifest;
}

async function readManifest(texts: Texts, files: readonly PackageFile[]): Promise<unknown> {
  const { dir } = texts;
  if (!files.some((file) => file.path === MANIFEST_FILE)) {
    await refuseForeign(texts, files);
    const found = files.slice(0, 5).map((file) => file.path);
    const there =
      found.length === 0 ? 'the folder is empty' : `it holds ${found.join(', ')}${files.length > 5 ? ', …' : ''}`;
    throw packageErrors.error('package.not-a-package', `there is no ${MANIFEST_FILE} in ${dir}: ${there}`, {
      facts: { path: dir },
    });
  }
  const text = await texts.read(MANIFEST_FILE);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw packageErrors.error(
      'package.manifest-unreadable',
      `${MANIFEST_FILE} in ${dir} is not JSON: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** @throws EdgeError `package.compiled-by-neo`, `package.onnx-without-manifest` */
async function refuseForeign(texts: Texts, files: readonly PackageFile[]): Promise<void> {
  const { dir } = texts;
  const compiled = neoFiles(files);
  if (compiled.length > 0) {
    const present = NEO_FACT_FILES.filter((name) => files.some(({ path }) => path === name));
    const facts = neoFacts(compiled, await Promise.all(present.map((name) => texts.read(name))));
    const made = `${facts.framework === undefined ? '' : ` from ${facts.framework}`}${facts.target === undefined ? '' : ` for ${facts.target}`}`;
    const message = `${dir} was compiled by SageMaker Neo${made} (${compiled.slice(0, 4).join(', ')}): it needs the DLR runtime, which this agent does not have; ${exportInstead(facts)}`;
    throw packageErrors.error('package.compiled-by-neo', message, { facts: { path: dir, ...facts } });
  }
  const models = files.filter(({ path }) => path.toLowerCase().endsWith('.onnx'));
  const [model] = models;
  if (models.length !== 1 || !model) return;
  const message = `${dir} holds ${model.path} without a ${MANIFEST_FILE} or ${EDGE_MANIFEST_FILE}, which name the model`;
  throw packageErrors.error('package.onnx-without-manifest', message, { facts: { path: dir, model: model.path } });
}

function requireFiles(dir: string, manifest: ModelManifest, present: ReadonlySet<string>): void {
  const named = [
    ...manifest.variants.map((variant) => variant.file),
    ...(manifest.labels === undefined ? [] : [manifest.labels]),
    ...(manifest.output.decoder === 'ctc' ? [manifest.output.dictionary] : []),
    ...(manifest.output.decoder === 'embedding' && manifest.output.gallery ? [manifest.output.gallery] : []),
    ...(manifest.baseline === undefined ? [] : [manifest.baseline]),
    ...manifest.golden.flatMap((golden) => [golden.input, golden.expect]),
  ];
  const missing = named.filter((path) => !present.has(path));
  if (missing.length === 0) return;
  throw packageErrors.error(
    'package.file-missing',
    `the package ${dir} lacks ${missing.join(', ')}, named in ${MANIFEST_FILE}`,
    {
      facts: { package: dir, missing },
    },
  );
}
