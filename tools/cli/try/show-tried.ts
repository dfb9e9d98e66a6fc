import { maskCredentials } from '#packages/foundation';
import type { Settings } from '../../project-file/project-file.ts';
import type { Output } from '../frame/output.ts';
import { showAnswer } from '../predict.ts';
import type { Tried } from './run-try.ts';

/** Says what the model is, what it answered, and what comes next. */
export function showTried({ model, sources, project }: Tried, out: Output): void {
  const { name, manifest, labels, notes, bytes } = model;
  out.json({
    model: name,
    manifest,
    labels: labels.length,
    notes,
    sources: sources.map(({ name: source, settings, answer, picture }) => ({
      source,
      settings: {
        ...settings,
        ...(typeof settings['Url'] === 'string' ? { Url: maskCredentials(settings['Url']) } : {}),
      },
      ...answer,
      picture,
    })),
    file: project.path,
  });
  if (out.isJson) return;
  const { task, input, output } = manifest;
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const known = labels.length > 0 ? `${labels.length} labels` : 'no labels: class numbers stand for them (--labels)';
  const taken = input ? `${input.width}×${input.height}` : 'tensors';
  out.line(`${out.paint('bold', name)}  ${size}, ${task} (${output.decoder}), ${taken}, ${known}`);
  for (const note of notes) out.line(`${out.paint('yellow', 'check')}  ${note}`);
  for (const { name: source, settings, answer } of sources) {
    out.line();
    showAnswer(`${source}  ${addressOf(settings)}`, answer, out);
  }
  out.line();
  for (const { picture } of sources) out.line(`Drawn    ${picture}`);
  out.line(`Wrote    ${project.path}`);
  out.line(`Next     ${out.paint('bold', 'npm start')}`);
}

function addressOf({ Url: url, Path: where, ImageName: image }: Settings): string {
  if (typeof url === 'string') return maskCredentials(url);
  return [where, image].filter((part) => typeof part === 'string').join('/');
}
