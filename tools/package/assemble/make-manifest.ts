import { messageOf } from '#packages/foundation';
import { mergeInput } from '#packages/model-package';

import { schemaId } from '../../bundle/schema-files.ts';
import type { Question } from '../../onnx/findings.ts';
import { proposeManifest } from '../../onnx/propose-manifest.ts';
import { readOnnx } from '../../onnx/read-onnx.ts';
import { isPlainObject } from '../../recipe/recipe.ts';
import { packagingErrors } from '../errors.ts';
import { requireModelName, requireVersion } from '../names.ts';

/** model.json as it is written, before its schema has looked at it. */
export type ManifestDraft = Readonly<Record<string, unknown>>;

export interface ManifestParts {
  /** The source's own model.json and the user's options, later ones over earlier ones. */
  readonly given: readonly ManifestDraft[];
  /** The model to propose what is missing for; undefined if the source is a package. */
  readonly proposal: ManifestDraft | undefined;
  readonly name: string | undefined;
  readonly suggestedName: string | undefined;
  readonly version: string | undefined;
  readonly suggestedVersion: string | undefined;
}

/** `input` and `output` are merged key by key, everything else is replaced. @throws EdgeError `packaging.name`, `packaging.version` */
export function makeManifest(parts: ManifestParts): ManifestDraft {
  const said = parts.given.reduce(mergeManifests, {});
  const all = parts.proposal ? mergeManifests(parts.proposal, said) : said;
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const name = parts.name ?? text(said['name']) ?? parts.suggestedName ?? text(all['name']) ?? '';
  const version = parts.version ?? text(said['version']) ?? parts.suggestedVersion ?? '1.0.0';
  // Where an editor finds it is different on each machine; a package names it.
  const schema = parts.proposal || '$schema' in all ? { $schema: schemaId('model') } : {};
  return {
    ...schema,
    ...all,
    ...schema,
    schemaVersion: 1,
    name: requireModelName(name),
    version: requireVersion(version),
  };
}

export interface Proposed {
  readonly manifest: ManifestDraft;
  /** For a person to check. */
  readonly notes: readonly string[];
  /** For a person to answer. */
  readonly questions: readonly Question[];
  /** Names of the classes, if the exporter wrote them. */
  readonly labels: readonly string[] | undefined;
  /** Characters of a recognizer, if the exporter wrote them. */
  readonly dictionary: readonly string[] | undefined;
}

/** Proposes a model.json for a file, as `edgeml inspect` does. @throws EdgeError `model.unreadable` */
export function proposeFor(bytes: Uint8Array, file: string): Proposed {
  return proposeManifest(readOnnx(bytes, file), file);
}

/** Questions that no manifest answers. */
export function openQuestions(questions: readonly Question[], given: readonly ManifestDraft[]): readonly Question[] {
  const answers = given.reduce(mergeManifests, {});
  // A person who names the decoder or the steps, or takes the image away, has looked.
  const isSaid = (key: string): boolean => {
    const [part = '', name = ''] = key.split('.');
    const said = answers[part];
    return isPlainObject(said) && (name in said || (part === 'output' ? 'decoder' in said : 'steps' in said));
  };
  return questions
    .map(({ keys, text }) => ({ keys: keys.filter((key) => !isSaid(key)), text }))
    .filter(({ keys }) => keys.length > 0);
}

/** @throws EdgeError `packaging.manifest` */
export function parseDraft(text: string, file: string): ManifestDraft {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw packagingErrors.error('packaging.manifest', `${file} is not JSON: ${messageOf(cause)}`, { cause });
  }
  if (isPlainObject(value)) return value;
  throw packagingErrors.error('packaging.manifest', `${file} is not a JSON object`);
}

function mergeManifests(below: ManifestDraft, above: ManifestDraft): ManifestDraft {
  const merged: Record<string, unknown> = { ...below, ...above };
  for (const key of ['input', 'output'] as const) {
    const [lower, upper] = [below[key], above[key]];
    // Keys of one decoder mean nothing to another.
    const sameKind = key === 'input' || !isPlainObject(upper) || !isPlainObject(lower) || sameDecoder(lower, upper);
    if (isPlainObject(lower) && isPlainObject(upper) && sameKind)
      merged[key] = key === 'input' ? mergeInput(lower, upper) : { ...lower, ...upper };
  }
  return merged;
}

function sameDecoder(lower: Record<string, unknown>, upper: Record<string, unknown>): boolean {
  return upper['decoder'] === undefined || upper['decoder'] === lower['decoder'];
}
