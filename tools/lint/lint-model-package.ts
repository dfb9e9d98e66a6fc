import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  EDGE_MANIFEST_FILE,
  inputOf,
  isCompiled,
  meantFor,
  SIGNATURE_FILE,
  verifyPackage,
} from '#packages/model-package';
import type { ModelPackage, Variant } from '#packages/model-package';
import { isEdgeError } from '#packages/foundation';
import { compiledFormat } from '../onnx/compiled-format.ts';
import { readOnnx } from '../onnx/read-onnx.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import { requireModelName, requireVersion } from '../package/names.ts';
import { openPackage } from '../package/open-package.ts';

/** A model package without running it: everything is there, the names hold, the ONNX files are what model.json says. */
export async function lintModelPackage(where: string, signal: AbortSignal): Promise<readonly RecipeIssue[]> {
  const opened = await openPackage(where, signal).catch((error: unknown) => {
    if (isEdgeError(error)) return error;
    throw error;
  });
  if (isEdgeError(opened)) return [issueOf('error', opened.code, where, '', opened.message, opened.todo)];
  try {
    const { model } = opened;
    const onnx = await Promise.all(
      model.manifest.variants.map(({ file }, index) => variantIssues(where, model, file, index)),
    );
    const signature = await signatureIssues(where, model);
    return [...nameIssues(where, model), ...contentIssues(where, model), ...signature, ...onnx.flat()];
  } finally {
    await opened.close();
  }
}

function nameIssues(where: string, { manifest }: ModelPackage): readonly RecipeIssue[] {
  const checks = [
    ['/name', () => requireModelName(manifest.name)],
    ['/version', () => requireVersion(manifest.version)],
  ] as const;
  return checks.flatMap(([pointer, check]) => {
    try {
      check();
      return [];
    } catch (error) {
      if (!isEdgeError(error)) throw error;
      return [issueOf('warning', error.code, where, pointer, `${error.message}.`, error.todo)];
    }
  });
}

function contentIssues(where: string, { manifest, files, labels }: ModelPackage): readonly RecipeIssue[] {
  const has = (file: string): boolean => files.some((one) => one.path === file);
  const issues: RecipeIssue[] = [];
  if (manifest.variants.every(isCompiled))
    issues.push(
      issueOf(
        'warning',
        'model.only-compiled',
        where,
        '/variants',
        `every variant is compiled for one chip (${manifest.variants.map(meantFor).join('; ')}), so that other devices cannot run the model.`,
        'add the .onnx as a variant.',
      ),
    );
  if (manifest.golden.length === 0)
    issues.push(
      issueOf(
        'warning',
        'model.no-golden',
        where,
        '/golden',
        'there are no golden cases, so that a device cannot tell whether the model works.',
        'package it with --golden.',
      ),
    );
  if (!has(EDGE_MANIFEST_FILE))
    issues.push(
      issueOf(
        'info',
        'model.no-edge-manifest',
        where,
        '',
        `there is no ${EDGE_MANIFEST_FILE}, which clients of Edge Manager read.`,
        'edgeml package writes it.',
      ),
    );
  if (!has(SIGNATURE_FILE))
    issues.push(
      issueOf(
        'info',
        'signature.missing',
        where,
        '',
        'the package is not signed.',
        'package it with --key (edgeml package) if devices have SignaturePolicy "require".',
      ),
    );
  if (manifest.task !== 'tensor' && labels.length === 0)
    issues.push(
      issueOf(
        'warning',
        'model.no-labels',
        where,
        '/labels',
        'there are no labels; class numbers are given out.',
        'add labels.txt.',
      ),
    );
  return issues;
}

/** Whether the signature fits the files; whose it is cannot be told without keys. */
async function signatureIssues(where: string, model: ModelPackage): Promise<readonly RecipeIssue[]> {
  if (!model.files.some((file) => file.path === SIGNATURE_FILE)) return [];
  try {
    await verifyPackage(model, { policy: 'warn', keys: {} });
    return [];
  } catch (error) {
    if (!isEdgeError(error)) throw error;
    return [issueOf('error', error.code, where, '', `${error.message}.`, error.todo)];
  }
}

async function variantIssues(
  where: string,
  { dir, manifest }: ModelPackage,
  file: string,
  index: number,
): Promise<readonly RecipeIssue[]> {
  const pointer = `/variants/${index}`;
  const described = manifest.variants[index] ?? manifest.variants[0];
  if (isCompiled(described)) return compiledIssues(where, dir, described, pointer);
  try {
    const { inputs, weights } = readOnnx(await readFile(path.join(dir, file)), file);
    const missing = weights.flatMap(({ externalFile }) => externalFile ?? []);
    const absent = await Promise.all(
      [...new Set(missing)].map(async (name) => ((await isThere(path.join(dir, name))) ? [] : [name])),
    );
    const lost = absent
      .flat()
      .map((name) =>
        issueOf(
          'error',
          'model.weights-missing',
          where,
          pointer,
          `${file} keeps weights in ${name}, which is not in the package.`,
          'package the .onnx together with the files beside it.',
        ),
      );
    const wanted = inputOf(manifest, described)?.name;
    const names = inputs.map(({ name }) => name);
    if (wanted === undefined || names.includes(wanted)) return lost;
    return [
      ...lost,
      issueOf(
        'error',
        'model.input-name',
        where,
        '/input/name',
        `${file} has no input "${wanted}"; it has ${names.join(', ')}.`,
        'write the name that the model has.',
      ),
    ];
  } catch (error) {
    if (!isEdgeError(error)) throw error;
    return [issueOf('error', error.code, where, pointer, `${error.message}.`, error.todo)];
  }
}

/** A compiled file cannot be read here, but its beginning says whose it is. */
async function compiledIssues(
  where: string,
  dir: string,
  { file, backend }: Variant,
  pointer: string,
): Promise<readonly RecipeIssue[]> {
  if (compiledFormat(await readFile(path.join(dir, file))) === backend) return [];
  const message = `${file} does not begin as a file for ${backend} does.`;
  return [
    issueOf('error', 'model.not-compiled', where, pointer, message, 'write the backend that the file was made for.'),
  ];
}

async function isThere(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  );
}

function issueOf(
  severity: RecipeIssue['severity'],
  code: string,
  file: string,
  pointer: string,
  message: string,
  fix: string,
): RecipeIssue {
  return { severity, nucleus: 'any', code, file, pointer, message, fix };
}
