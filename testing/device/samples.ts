import path from 'node:path';
import { PROJECT } from '../../tools/bundle/project.ts';

export const SAMPLES = path.join(PROJECT, 'artifacts/samples');

/** Path of one of the project's sample images. */
export function sample(name: string): string {
  return path.join(SAMPLES, name);
}
