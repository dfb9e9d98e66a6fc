import { maskCredentials } from '#packages/foundation';
import { preparationOf } from '#packages/model-package';
import type { Settings } from '../../project-file/project-file.ts';
import type { Output } from '../frame/output.ts';
import { showAnswer } from '../predict.ts';
import type { Tried, TriedSource } from './run-try.ts';
import type { TriedModel } from './try-model.ts';

/** Says what the model is, and what it answered. */
export function showAnswers(
  { name, manifest, labels, proposed, bytes }: TriedModel,
  sources: readonly TriedSource[],
  out: Output,
): void {
  if (out.isJson) return;
  const { task, input, output } = manifest;
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const known = labels.length > 0 ? `${labels.length} labels` : 'no labels: class numbers stand for them (--labels)';
  const { width = 'any', height = 'any' } = input ? preparationOf(input) : {};
  const taken = input ? `${width}×${height}` : 'tensors';
  out.line(`${out.paint('bold', name)}  ${size}, ${task} (${output.decoder}), ${taken}, ${known}`);
  for (const note of proposed?.notes ?? []) out.line(`${out.paint('yellow', 'check')}  ${note}`);
  for (const { name: source, settings, answer } of sources) {
    out.line();
    showAnswer(`${source}  ${addressOf(settings)}`, answer, out);
  }
  out.line();
}

/** Says what was written, and what comes next. */
export function showWritten({ model, sources, project }: Tried, out: Output): void {
  out.json({
    model: model.name,
    manifest: model.manifest,
    labels: model.labels.length,
    notes: model.proposed?.notes ?? [],
    sources: sources.map(({ name: source, settings, answer, picture }) => ({
      source,
      settings: withoutLogin(settings),
      ...answer,
      picture,
    })),
    file: project.path,
  });
  if (out.isJson) return;
  for (const { picture } of sources) out.line(`Drawn    ${picture}`);
  out.line(`Wrote    ${project.path}`);
  out.line(`Next     ${out.paint('bold', 'npm start')}`);
}

function withoutLogin({ Url: url, ...settings }: Settings): Settings {
  return typeof url === 'string' ? { ...settings, Url: maskCredentials(url) } : settings;
}

function addressOf({ Url: url, Path: where, ImageName: image }: Settings): string {
  if (typeof url === 'string') return maskCredentials(url);
  return [where, image].filter((part) => typeof part === 'string').join('/');
}
