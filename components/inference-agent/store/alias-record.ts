import type { ModelPackage } from '#packages/model-package';
import * as z from 'zod';

const storedPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  /** Whether the store holds a copy; else only the source does. */
  kept: z.boolean(),
});

/** The component or client that brought a model, and so may take it away. */
const MODEL_OWNERS = ['component', 'client'] as const;
export type ModelOwner = (typeof MODEL_OWNERS)[number];

const aliasRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  alias: z.string(),
  /** Where the active package was activated from; a model whose source is gone is retired. */
  source: z.string(),
  /** `client`: a client of Edge Manager loaded it, and only its clients unload it. */
  owner: z.enum(MODEL_OWNERS).default('component'),
  active: storedPackage,
  /** The package that was active before; the target of a rollback. */
  previous: storedPackage.optional(),
  activatedAt: z.iso.datetime(),
  /** Set while the model serves on after having been retired. */
  retiring: z.boolean(),
});

export type StoredPackage = Readonly<z.infer<typeof storedPackage>>;

/** The store's record of one alias: contents of `state.json`. */
export type AliasRecord = Readonly<z.infer<typeof aliasRecordSchema>>;

/** @throws ZodError or SyntaxError */
export function parseAliasRecord(text: string): AliasRecord {
  return aliasRecordSchema.parse(JSON.parse(text));
}

export interface NewActive extends Pick<AliasRecord, 'alias' | 'source' | 'owner' | 'activatedAt'> {
  readonly model: ModelPackage;
  readonly kept: boolean;
}

/** The record once another package is active: what was active before is what a rollback goes back to, if the store holds it. */
export function successorOf(before: AliasRecord | undefined, { model, kept, ...facts }: NewActive): AliasRecord {
  const { manifest, hash, bytes } = model;
  const previous = before?.active.hash === hash ? before.previous : before?.active.kept ? before.active : undefined;
  return {
    schemaVersion: 1,
    ...facts,
    active: { name: manifest.name, version: manifest.version, hash, bytes, kept },
    ...(previous ? { previous } : {}),
    retiring: false,
  };
}
