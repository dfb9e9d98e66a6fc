import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyIdOf, keySigner, publicKeyText } from '#packages/model-package';
import { errorOf, runHere } from '../../../testing/package/in-process.ts';
import { writeZip } from '../../bundle/zip/write-zip.ts';
import { attest, PROVENANCE_TYPE, SBOM_TYPE } from './attest.ts';
import { openEnvelope } from './dsse.ts';
import { verifyAttestation } from './verify-attestation.ts';

const { signal } = new AbortController();
type Given = readonly [text: string, sha256: string, keys: Record<string, string>];

const ORIGIN = { component: 'edgeml.Test', version: '1.0.0', commit: 'a'.repeat(40), builder: 'urn:test' };
const SBOM = { bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ name: 'left-pad' }] };

describe.each([
  ['Ed25519', generateKeyPairSync('ed25519')],
  ['ECDSA on P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
])('statements about an artifact, signed with %s', (_, { privateKey, publicKey }) => {
  let folder: string;
  let artifact: { file: string; sha256: string };
  let text: string;
  const keys = { [keyIdOf(publicKey)]: publicKeyText(publicKey) };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-attest-'));
    const file = path.join(folder, 'agent.zip');
    await writeZip(file, [{ path: 'agent/sbom.cdx.json', content: Buffer.from(JSON.stringify(SBOM)) }]);
    artifact = {
      file,
      sha256: createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    };
    text = await attest(artifact, ORIGIN, keySigner(privateKey), signal);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are provenance and the SBOM of the zip, and say nothing else', () => {
    expect(verifyAttestation(text, artifact.sha256, keys)).toMatchObject([
      {
        keyId: keyIdOf(publicKey),
        predicateType: PROVENANCE_TYPE,
        predicate: {
          buildDefinition: {
            externalParameters: { component: 'edgeml.Test', version: '1.0.0' },
            resolvedDependencies: [{ name: 'sources', digest: { gitCommit: ORIGIN.commit } }],
          },
          runDetails: { builder: { id: 'urn:test' } },
        },
      },
      { predicateType: SBOM_TYPE, predicate: SBOM },
    ]);
    expect(text).not.toContain(folder);
  });

  it('are envelopes that other programs can check: the encoding of DSSE, worked out by hand', () => {
    const [line = ''] = text.split('\n');
    const envelope = JSON.parse(line) as { payloadType: string; payload: string };
    const body = Buffer.from(envelope.payload, 'base64').toString('utf8');
    expect(JSON.parse(body)).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'agent.zip', digest: { sha256: artifact.sha256 } }],
    });
    expect(envelope.payloadType).toBe('application/vnd.in-toto+json');
    const signer = keySigner(privateKey);
    const signed = Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${Buffer.byteLength(body)} ${body}`);
    return signer.sign(signed).then((sig) => {
      const own = { ...envelope, signatures: [{ keyid: signer.keyId, sig: Buffer.from(sig).toString('base64') }] };
      expect(openEnvelope(JSON.stringify(own), keys).payload).toBe(body);
    });
  });

  it.each([
    ['another artifact', (): Given => [text, 'f'.repeat(64), keys], 'attestation.other-artifact'],
    ['a key that nobody trusts', (): Given => [text, artifact.sha256, {}], 'attestation.untrusted'],
    [
      'a payload that was changed',
      (): Given => [text.replace(/"payload":"(.{40})./, '"payload":"$1A'), artifact.sha256, keys],
      'attestation.untrusted',
    ],
    ['no statement at all', (): Given => ['\n', artifact.sha256, keys], 'attestation.malformed'],
    ['a line that is not an envelope', (): Given => ['{}\n', artifact.sha256, keys], 'attestation.malformed'],
  ] as const)('are refused for %s', (_what, given, code) => {
    const [said, sha256, trusted] = given();
    expect(() => verifyAttestation(said, sha256, trusted)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('are read by edgeml verify', async () => {
    const file = `${artifact.file}.intoto.jsonl`;
    const key = path.join(folder, `${keyIdOf(publicKey)}.pub`);
    await writeFile(file, text);
    await writeFile(key, publicKeyText(publicKey));
    const words = ['verify', '--attestation', file, '--artifact', artifact.file, '--key', key];
    const { code, stdout } = await runHere(words);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(`trusted  ${SBOM_TYPE}, signed by ${keyIdOf(publicKey)}`),
    ]);
    await writeFile(artifact.file, 'something else');
    expect(errorOf(await runHere([...words, '--json']))).toMatchObject({ code: 'attestation.other-artifact' });
  });
});
