import * as z from 'zod';
import { tensorName, unit } from './schema-output-keys.ts';

/** A vector that lies near to those of pictures of the same thing. */
export const embedding = z.strictObject({
  decoder: z.literal('embedding'),
  output: tensorName.optional(),
  /** How rows [1, rows, D] or pixels [1, D, H, W] become one vector: `first` (of transformers: the class token), or their `mean`. */
  pooling: z.enum(['none', 'first', 'mean']).default('none'),
  /** JSON file of the package with known vectors: `[{"name", "embedding"}, …]`, as `edgeml package --gallery` writes it. */
  gallery: z.string().min(1).optional(),
  /** Lowest cosine with a known vector for which the picture gets its name. */
  scoreThreshold: unit.default(0.5),
  /**
   * Name under which several packages give vectors that can be compared, e.g. after an export with another tool. Default: those with the
   * same ONNX files, `input` and `pooling`.
   */
  space: z.string().min(1).max(128).optional(),
});

export type EmbeddingOutput = Readonly<z.infer<typeof embedding>>;
