import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exists, hashFile, writeAtomically } from '#packages/foundation';
import {
  canonicalJson,
  DEFAULT_PACKAGE_LIMITS,
  listFiles,
  parseSignatureFile,
  readPackage,
  signPackage,
} from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';
import { readRecipe } from '../bundle/recipe-source.ts';
import { writeZip } from '../bundle/zip/write-zip.ts';
import { lintRecipeFile } from '../recipe/lint/lint-recipe.ts';
import { assemble } from './assemble/assemble.ts';
import { checkModel } from './check/check-model.ts';
import { encryptPackage } from './encryption/encrypt-package.ts';
import type { VariantCheck } from './errors.ts';
import { packagingErrors } from './errors.ts';
import { requireComponentName, requireModelName, requireVersion } from './names.ts';
import { componentRecipe } from './output/component-recipe.ts';
import { PACKAGES_FOLDER, readRecords, recordFile } from './output/package-record.ts';
import type { PackageRecord } from './output/package-record.ts';
import { writeTar } from './output/write-tar.ts';
import type { PackageOptions } from './package-options.ts';
import { requestFingerprint } from './request-fingerprint.ts';
import type { FoundSource } from './source/source.ts';

export interface PackageOutcome {
  /** `unchanged`: the same source was packaged the same way before. */
  readonly state: 'packaged' | 'unchanged';
  readonly record: PackageRecord;
  readonly checks: readonly VariantCheck[];
  readonly notes: readonly string[];
  /** Whether model.json was proposed here; undefined if nothing was done. */
  readonly isProposed?: boolean;
}

/** The record of an earlier run that packaged the same bytes the same way, its files still there. */
export async function findUnchanged(source: FoundSource, options: PackageOptions): Promise<PackageRecord | undefined> {
  if (options.rebuild === true) return undefined;
  const identity = canonicalJson({ ...source.identity });
  const request = await requestFingerprint(options);
  for (const record of await readRecords(options.output)) {
    const same = record.request === request && canonicalJson({ ...record.source } as Identity) === identity;
    if (same && (await hasFiles(options.output, record))) return record;
  }
  return undefined;
}

/**
 * Fetch, assemble, run, sign, write: the package folder, its .tar.gz, and the component's recipe and artifact.
 * @throws EdgeError `package-source.*`, `packaging.*`, `archive.*`, `package.*`, `model.*`, `signature.*`
 */
export async function packageModel(source: FoundSource, options: PackageOptions): Promise<PackageOutcome> {
  const unchanged = await findUnchanged(source, options);
  if (unchanged) return { state: 'unchanged', record: unchanged, checks: [], notes: [] };
  const { output, signal, signer, claims, recipients = [], onProgress } = options;
  await mkdir(path.join(output, PACKAGES_FOLDER), { recursive: true });
  const work = await mkdtemp(path.join(output, PACKAGES_FOLDER, '.work-'));
  try {
    onProgress?.(`Fetching ${source.identity.object ?? source.identity.uri} …`);
    const content = await source.fetch(await folder(work, 'content'), signal);
    onProgress?.('Assembling …');
    const dir = await folder(work, 'package');
    const { manifest, notes, isProposed } = await assemble(source, content, dir, options, signal);
    requireModelName(manifest.name);
    requireVersion(manifest.version);
    onProgress?.(`Running ${manifest.name} …`);
    const checks = await checkModel(dir, manifest, signal);
    requirePassed(checks);
    if (recipients.length > 0) await encryptPackage(dir, manifest, recipients, signal);
    if (signer) await signPackage(dir, signer, { ...(claims ? { claims } : {}), signal });
    onProgress?.('Writing …');
    const outcome = await place(work, dir, source, options);
    return { ...outcome, checks, notes, isProposed };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type Identity = Readonly<Record<string, string>>;

async function hasFiles(output: string, { files }: PackageRecord): Promise<boolean> {
  const found = await Promise.all(Object.values(files).map((file) => exists(path.join(output, file))));
  return found.every(Boolean);
}

async function folder(work: string, name: string): Promise<string> {
  const dir = path.join(work, name);
  await mkdir(dir);
  return dir;
}

function requirePassed(checks: readonly VariantCheck[]): void {
  const failed = checks.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return;
  const reasons = failed.map(({ file, summary }) => `${file}: ${summary}`).join('; ');
  throw packagingErrors.error('packaging.golden-failed', `the model fails its golden test: ${reasons}`, {
    facts: { failed },
  });
}

/** Writes everything beside its place first, so that a package is there whole or not at all; the record comes last. */
async function place(
  work: string,
  dir: string,
  source: FoundSource,
  options: PackageOptions,
): Promise<Pick<PackageOutcome, 'state' | 'record'>> {
  const { output, signal } = options;
  const model = await readPackage(dir, { signal });
  const { name, version } = model.manifest;
  const isChallenger = options.role === 'challenger';
  const role = isChallenger ? ({ role: 'challenger' } as const) : {};
  const component = requireComponentName(
    options.component ?? `edgeml.${isChallenger ? 'challenger' : 'model'}.${name}`,
  );
  const files = {
    package: `${PACKAGES_FOLDER}/${name}-${version}`,
    recipe: `recipes/${component}-${version}.yaml`,
    artifact: `artifacts/${component}/${version}/${name}.zip`,
    archive: `${PACKAGES_FOLDER}/${name}-${version}.tar.gz`,
  };
  const request = await requestFingerprint(options);
  const signed = signedOf(model);
  const known = await requireFree(
    output,
    { component, version, name, ...role },
    model.hash,
    signed,
    options.replace ?? false,
  );
  if (known && (await hasFiles(output, known))) {
    const record = { ...known, request, source: { ...source.identity } };
    await writeRecord(output, record);
    return { state: 'unchanged', record };
  }
  const recipe = await writeRecipe(work, model, component, options);
  const inside = (await listFiles(dir, DEFAULT_PACKAGE_LIMITS)).map((file) => file.path);
  const zip = path.join(work, 'artifact.zip');
  const entries = inside.map((file) => ({ path: file, content: { file: path.join(dir, file) } }));
  const artifact = { bytes: await writeZip(zip, entries, signal), sha256: await hashFile(zip) };
  const tar = path.join(work, 'package.tar.gz');
  const archive = { bytes: await writeTar(tar, dir, inside, signal), sha256: await hashFile(tar) };
  const moves = [
    [recipe, files.recipe],
    [zip, files.artifact],
    [tar, files.archive],
    [dir, files.package],
  ] as const;
  for (const [from, to] of moves) await moveTo(from, path.join(output, to));
  const record: PackageRecord = {
    schemaVersion: 1,
    status: 'COMPLETED',
    name,
    version,
    component,
    ...role,
    source: { ...source.identity },
    request,
    packageHash: model.hash,
    ...signed,
    files,
    artifact,
    archive,
  };
  await writeRecord(output, record);
  return { state: 'packaged', record };
}

/** @throws EdgeError `signature.malformed` */
function signedOf({ signature }: ModelPackage): Signed {
  if (signature === undefined) return {};
  const file = parseSignatureFile(signature);
  return { signedBy: file.keyId, ...(file.schemaVersion === 2 ? { claims: file.claims } : {}) };
}

type Signed = Pick<PackageRecord, 'signedBy' | 'claims'>;

function isSameSignature(one: Signed, other: Signed): boolean {
  const text = ({ signedBy, claims }: Signed) => canonicalJson({ signedBy: signedBy ?? null, claims: { ...claims } });
  return text(one) === text(other);
}

/**
 * The existing package of this version: the same package (an ECDSA signature differs each time, so the artifact is not
 * compared), or another one, which is refused.
 */
async function requireFree(
  output: string,
  { component, version, name, role }: Pick<PackageRecord, 'component' | 'version' | 'name' | 'role'>,
  hash: string,
  signed: Signed,
  replace: boolean,
): Promise<PackageRecord | undefined> {
  const records = await readRecords(output);
  const there = records.find(
    (one) =>
      one.version === version &&
      (one.component === component ||
        // The package of a challenger may serve, too, as long as it is the same.
        (one.name === name && (one.role === role || one.packageHash !== hash))),
  );
  if (there?.packageHash === hash && isSameSignature(there, signed) && there.component === component) return there;
  const recipe = path.join(output, 'recipes', `${component}-${version}.yaml`);
  const taken = there !== undefined || (await exists(recipe));
  if (!taken || replace) return undefined;
  const was = there ? `${there.packageHash} (component ${there.component})` : 'a component that was built otherwise';
  const message = `${component} ${version} is there already with another content: it is ${was}, this is ${hash}`;
  throw packagingErrors.error('packaging.version-taken', message, {
    facts: { component, version, there: there?.packageHash ?? null, now: hash },
  });
}

async function writeRecipe(
  work: string,
  { manifest }: ModelPackage,
  component: string,
  { publisher, read, role }: PackageOptions,
): Promise<string> {
  const agent = await readRecipe('edgeml.InferenceAgent');
  const major = Number(agent.version.split('.')[0]);
  // Nucleus lite knows no "^".
  const agentRange = `>=${major}.0.0 <${major + 1}.0.0`;
  const file = path.join(work, `${component}-${manifest.version}.yaml`);
  await writeFile(
    file,
    componentRecipe(manifest, { component, agentRange, publisher, read, ...(role ? { role } : {}) }),
  );
  const faults = (await lintRecipeFile(file)).filter(({ severity }) => severity === 'error');
  if (faults.length === 0) return file;
  const message = `the recipe of ${component} is not sound: ${faults.map((fault) => fault.message).join(' ')}`;
  throw packagingErrors.error('packaging.recipe', message, { facts: { faults } });
}

async function moveTo(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await rm(to, { recursive: true, force: true });
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    // Parts of the output folder may be on another disk.
    if (error.code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true });
  });
}

async function writeRecord(output: string, record: PackageRecord): Promise<void> {
  await writeAtomically(recordFile(output, record), `${JSON.stringify(record, undefined, 2)}\n`);
}
