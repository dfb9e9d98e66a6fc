import path from 'node:path';
import { isFile } from './deployment-of.ts';
import type { ProjectFile } from './project-file.ts';

/** What to say of sources that read files: a device has other folders than the machine on which edgeml.yaml was written. */
export function pathsOfThisMachine({ sources }: ProjectFile): readonly string[] {
  return Object.entries(sources).flatMap(([name, source]) => {
    const where = isFile(source) ? source['Url'] : source['Path'];
    if (typeof where !== 'string') return [];
    const meaning = path.isAbsolute(where)
      ? 'on the device'
      : 'below the work folder of edgeml.InferenceApp on the device';
    return [`sources/${name} reads ${where} ${meaning}`];
  });
}
