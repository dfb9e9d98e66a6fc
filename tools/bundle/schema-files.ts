import path from 'node:path';
import { PROJECT } from './project.ts';

/** `$id` of a schema in schemas/: its name wherever it lies. */
export function schemaId(name: string): string {
  return `urn:edgeml:schema:${name}`;
}

/** Its place, relative to the project. */
export function schemaPath(name: string): string {
  return `schemas/${name}.schema.json`;
}

/** The schema as a file in a folder of this machine names it, so that an editor finds it. */
export function schemaFrom(folder: string, name: string): string {
  return path.relative(folder, path.join(PROJECT, schemaPath(name))).replaceAll(path.sep, '/');
}
