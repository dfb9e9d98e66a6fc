import * as z from 'zod';

const killerSchema = z.object({
  /** Of the model whose process it ended. */
  packageHash: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number(),
  /** Processes that it ended. */
  deaths: z.number(),
  /** The reason of the last death. */
  reason: z.string(),
  /** Time of the first one, ISO 8601. */
  since: z.string(),
  /** Whether its bytes are on the disk. */
  kept: z.boolean(),
});

export const killerFileSchema = z.array(killerSchema);

/** An input that ended the process that ran it. */
export type KillerInput = Readonly<z.infer<typeof killerSchema>>;
