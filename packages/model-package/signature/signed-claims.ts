import * as z from 'zod';

/** Names that a model can serve under; as `model.json` has them. */
const ALIAS = /^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/;
/** Semantic Versioning 2.0.0, without leading zeros being refused. */
const SEMANTIC_VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?$/;

export const signedClaimsSchema = z.strictObject({
  /** The package may serve under these aliases only. */
  aliases: z.array(z.string().regex(ALIAS, 'name of an alias')).min(1).max(32).exactOptional(),
  /** Once the package is active, its alias takes no lower version. */
  minimumVersion: z.string().regex(SEMANTIC_VERSION, 'a semantic version, e.g. 1.2.0').exactOptional(),
});

/** The signer's claims about a package's use, besides the hashes of its files. */
export type SignedClaims = Readonly<z.infer<typeof signedClaimsSchema>>;
