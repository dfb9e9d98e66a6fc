import path from 'node:path';

/** Where the packages of the models of edgeml.yaml go: beside it, so that two files do not share them. */
export function modelsFolder(file: string): string {
  return path.join(path.dirname(file), '.edgeml/models');
}
