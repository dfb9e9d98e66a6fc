import path from 'node:path';
import { isPlainObject } from '../recipe/recipe.ts';
import { isFile } from './deployment-of.ts';
import type { ProjectFile, Settings } from './project-file.ts';

/** Notes on sources that read files: a device has other folders than the machine on which edgeml.yaml was written. */
export function pathsOfThisMachine({ sources }: ProjectFile): readonly string[] {
  return Object.entries(sources).flatMap(([name, source]) =>
    filesOf(source).map((file) => {
      const place = path.isAbsolute(file)
        ? 'on the device'
        : 'below the work folder of edgeml.InferenceApp on the device';
      return `sources/${name} reads ${file} ${place}`;
    }),
  );
}

function filesOf(source: Settings): readonly string[] {
  const { Path: folder, Url: url, Credentials: login } = source;
  const read = [isFile(source) ? url : folder, isPlainObject(login) ? login['File'] : undefined];
  return read.filter((file): file is string => typeof file === 'string' && file !== '');
}
