import path from 'node:path';
import { text } from 'node:stream/consumers';
import { openPromise } from 'yauzl';
import type { Signer } from '#packages/model-package';
import { signEnvelope } from './dsse.ts';

/** in-toto Statement v1, and the predicates of SLSA (provenance v1) and of CycloneDX. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
export const SBOM_TYPE = 'https://cyclonedx.org/bom';

/** The sources that an artifact is said to be made from. */
export interface Origin {
  readonly component: string;
  readonly version: string;
  /** Commit of the sources, hexadecimal; undefined if they are not in a clean working tree of Git. */
  readonly commit?: string;
  /** Where the model came from, e.g. `s3://…`; for components of models. */
  readonly model?: string;
  /** The builder, as a URI. */
  readonly builder: string;
}

export interface Attested {
  readonly file: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

const SBOM_FILE = 'sbom.cdx.json';
/** Names what `externalParameters` mean: component, version, and the source of a model. */
const BUILD_TYPE = 'urn:edgeml:build:v1';

/**
 * Signed statements about an artifact, one envelope on each line (`.intoto.jsonl`): its provenance, and the SBOM that its zip holds, if
 * it holds one. They say who vouches for what; they do not isolate the build, so that they meet SLSA build level 1, and 2 if a hosted
 * service runs the build and holds the key.
 */
export async function attest(artifact: Attested, origin: Origin, signer: Signer, signal: AbortSignal): Promise<string> {
  const sbom = await sbomOf(artifact.file);
  const statements = [
    statement(artifact, PROVENANCE_TYPE, provenance(origin)),
    ...(sbom === undefined ? [] : [statement(artifact, SBOM_TYPE, sbom)]),
  ];
  const envelopes = [];
  for (const one of statements) envelopes.push(JSON.stringify(await signEnvelope(one, signer, signal)));
  return `${envelopes.join('\n')}\n`;
}

/** The same content gives the same bytes, whenever it is attested. */
function statement({ file, sha256 }: Attested, predicateType: string, predicate: object): string {
  const subject = [{ name: path.basename(file), digest: { sha256 } }];
  return JSON.stringify({ _type: STATEMENT_TYPE, subject, predicateType, predicate });
}

function provenance({ component, version, commit, model, builder }: Origin): object {
  const dependencies = [
    ...(commit === undefined ? [] : [{ name: 'sources', digest: { gitCommit: commit } }]),
    ...(model === undefined ? [] : [{ name: 'model', uri: model }]),
  ];
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { component, version, ...(model === undefined ? {} : { model }) },
      resolvedDependencies: dependencies,
    },
    runDetails: { builder: { id: builder } },
  };
}

async function sbomOf(file: string): Promise<object | undefined> {
  const zip = file.endsWith('.zip') ? await openPromise(file).catch(() => undefined) : undefined;
  for await (const entry of zip?.eachEntry() ?? [])
    if (path.posix.basename(entry.fileName) === SBOM_FILE)
      return JSON.parse(await text(await zip!.openReadStreamPromise(entry))) as object;
  return undefined;
}
