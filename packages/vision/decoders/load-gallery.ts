import { isEdgeError, messageOf } from '#packages/foundation';
import { vectorOf } from '#packages/model-package';
import type { EmbeddingOutput, GalleryVector, PackageFiles } from '#packages/model-package';
import { visionErrors } from '../errors.ts';

/** The known vectors that a package carries. By hand: this runs in the process of a model. @throws EdgeError `model.file-missing` */
export async function loadGallery(
  { gallery }: EmbeddingOutput,
  files: PackageFiles,
): Promise<readonly GalleryVector[]> {
  if (gallery === undefined) return [];
  try {
    const list: unknown = JSON.parse(Buffer.from(await files.read(gallery)).toString('utf8'));
    if (!Array.isArray(list)) throw new Error('it is not a list');
    return list.map((one, index) => {
      const { name, embedding } = (one ?? {}) as Readonly<Record<string, unknown>>;
      const vector = typeof embedding === 'string' ? vectorOf(embedding) : undefined;
      if (typeof name === 'string' && vector) return { name, vector };
      throw new Error(`element ${index} is not {"name", "embedding"} with float32 numbers in base64`);
    });
  } catch (error) {
    if (isEdgeError(error) && error.code === 'package.changed') throw error;
    const message = `the package does not have a gallery in "${gallery}" (output.gallery): ${messageOf(error)}`;
    throw visionErrors.error('model.file-missing', message, { cause: error });
  }
}
