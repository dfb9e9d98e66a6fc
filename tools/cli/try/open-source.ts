import { silentLogger } from '#packages/foundation';
import { firstFrame } from '../../../components/inference-app/sources/first-frame.ts';
import type { FirstFrame } from '../../../components/inference-app/sources/first-frame.ts';
import type { Settings } from '../../project-file/project-file.ts';
import type { SourceChoice } from './source-of.ts';

/** A source that gave a picture. */
export interface FoundSource {
  readonly name: string;
  readonly settings: Settings;
  readonly frame: FirstFrame;
}

/**
 * Takes the first picture in each way that the address may mean, until one works.
 *
 * @param base folder where relative paths begin
 * @throws EdgeError `source.*` of the likeliest way, if none works
 */
export async function openSource(
  { name, candidates }: SourceChoice,
  base: string,
  signal: AbortSignal,
): Promise<FoundSource> {
  let first: unknown;
  for (const settings of candidates) {
    try {
      const frame = await firstFrame(name, settings, { workFolder: base, log: silentLogger, signal });
      return { name, settings, frame };
    } catch (thrown) {
      signal.throwIfAborted();
      first ??= thrown;
    }
  }
  throw first;
}
