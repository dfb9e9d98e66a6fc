import path from 'node:path';
import { MANIFEST_FILE } from '#packages/model-package';
import { packagingErrors } from '../errors.ts';

/** Where the model is in what was fetched. */
export interface ModelFiles {
  /** Folder of the model, relative to the content; '' for its root. */
  readonly root: string;
  /** The content is a package already: it has a model.json. */
  readonly isPackage: boolean;
  /** ONNX files below the root, relative to it. */
  readonly onnx: readonly string[];
}

/**
 * Finds the model among the files of a source: the folder with model.json, else the one folder with ONNX files in it.
 * @throws EdgeError `packaging.no-model`, `packaging.many-models`
 */
export function findModel(source: string, files: readonly string[]): ModelFiles {
  const manifests = files.filter((file) => path.posix.basename(file) === MANIFEST_FILE);
  const manifest = manifests.sort((a, b) => depth(a) - depth(b))[0];
  if (manifest !== undefined) {
    const root = folderOf(manifest);
    return { root, isPackage: true, onnx: onnxBelow(files, root) };
  }
  const onnx = files.filter((file) => /\.onnx$/i.test(file));
  const folders = [...new Set(onnx.map(folderOf))];
  if (folders.length === 1)
    return { root: folders[0] ?? '', isPackage: false, onnx: onnxBelow(files, folders[0] ?? '') };
  if (folders.length > 1) {
    const message = `${source} holds models in several folders: ${folders.map((one) => one || '.').join(', ')}`;
    throw packagingErrors.error('packaging.many-models', message, { facts: { files: onnx } });
  }
  const found = files.slice(0, 6).join(', ');
  throw packagingErrors.error(
    'packaging.no-model',
    `there is no ONNX file in ${source}; it holds ${found === '' ? 'nothing' : found}${files.length > 6 ? ', …' : ''}`,
    { facts: { files: files.slice(0, 50) } },
  );
}

function onnxBelow(files: readonly string[], root: string): readonly string[] {
  return files
    .filter((file) => /\.onnx$/i.test(file) && (root === '' || file.startsWith(`${root}/`)))
    .map((file) => (root === '' ? file : file.slice(root.length + 1)));
}

function folderOf(file: string): string {
  const folder = path.posix.dirname(file);
  return folder === '.' ? '' : folder;
}

function depth(file: string): number {
  return file.split('/').length;
}
