import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { appendFile, chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyIdOf, publicKeyText } from '#packages/model-package';
import { runCommand } from '../../../testing/process/run-command.ts';
import { errorOf, runHere } from '../../../testing/package/in-process.ts';
import { colorPackage, tarOf, trainingOutput } from '../../../testing/package/training-output.ts';
import type { TrainingOutput } from '../../../testing/package/training-output.ts';

let training: TrainingOutput;
let dir: string;
const at = (...parts: readonly string[]): string => path.join(training.dir, ...parts);

beforeAll(async () => {
  training = await trainingOutput();
  const files = colorPackage();
  await training.write(Object.fromEntries(Object.entries(files).map(([name, content]) => [`Colors/${name}`, content])));
  dir = at('Colors');
});
afterAll(() => training.remove());

describe('edgeml keygen, sign and verify', () => {
  it('make a pair, sign with it and find the package trusted', async () => {
    const made = await runCommand(['keygen', '--out', at('keys'), '--json'], {});
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const { keyId, privateFile, publicFile, configuration } = made.json[0] as Record<string, string>;
    expect((await stat(privateFile!)).mode & 0o777).toBe(0o600);
    expect(configuration).toMatchObject({
      SignaturePolicy: 'require',
      TrustedKeys: { [keyId!]: expect.any(String) as string },
    });

    const signed = await runHere(['sign', '--package', dir, '--key', privateFile!, '--json']);
    expect(signed, signed.stderr).toMatchObject({ code: 0 });
    expect(signed.json[0]).toMatchObject({ name: 'Colors', algorithm: 'Ed25519', keyId });
    // Signing again signs the same files: the signature is none of them.
    const again = await runHere(['sign', '--package', dir, '--key', privateFile!, '--json']);
    expect(again.json[0]).toMatchObject({ files: signed.json[0]?.['files'], hash: signed.json[0]?.['hash'] });
    const { files } = JSON.parse(await readFile(path.join(dir, 'signature.json'), 'utf8')) as { files: object };
    expect(again.json[0]?.['files']).toBe(Object.keys(files).length);
    const verified = await runHere(['verify', '--package', dir, '--key', publicFile!, '--json']);
    expect(verified.json[0]).toMatchObject({ state: 'trusted', keyId });
  });

  it('trust what the configuration of the agent and what a folder says', async () => {
    const [pub = ''] = (await readdir(at('keys'))).filter((name) => name.endsWith('.pub'));
    const keyId = path.parse(pub).name;
    const configuration = { TrustedKeys: { [keyId]: (await readFile(at('keys', pub), 'utf8')).trim() } };
    await writeFile(at('agent.json'), JSON.stringify(configuration));
    await mkdir(at('trusted'), { mode: 0o755 });
    await cp(at('keys', pub), at('trusted', pub));
    for (const words of [
      ['--config', at('agent.json')],
      ['--trusted-keys', at('trusted')],
    ])
      expect((await runHere(['verify', '--package', dir, '--json', ...words])).json[0]).toMatchObject({ keyId });
    await chmod(at('trusted', pub), 0o666);
    const unsafe = await runHere(['verify', '--package', dir, '--json', '--trusted-keys', at('trusted')]);
    expect([unsafe.code, errorOf(unsafe).code]).toEqual([1, 'signature.unsafe-trust']);
    await writeFile(at('agent.json'), JSON.stringify({ TrustedKeys: { a: 'no key' } }));
    expect(errorOf(await runHere(['verify', '--package', dir, '--json', '--config', at('agent.json')])).code).toBe(
      'config.invalid',
    );
  });

  it('row 106: tell each way to be wrong by its own code', async () => {
    const [pub = ''] = (await readdir(at('keys'))).filter((name) => name.endsWith('.pub'));
    await runHere(['keygen', '--out', at('others'), '--key-id', 'other']);
    const signature = path.join('signature.json');
    const cases: Readonly<Record<string, (copy: string) => Promise<unknown>>> = {
      'signature.file-changed': (copy) => appendFile(path.join(copy, 'labels.txt'), 'x'),
      'signature.manifest-changed': (copy) => appendFile(path.join(copy, 'model.json'), '\n'),
      'signature.file-unsigned': (copy) => writeFile(path.join(copy, 'extra.txt'), 'x'),
      'signature.invalid': async (copy) => {
        const text = await readFile(path.join(copy, signature), 'utf8');
        await writeFile(path.join(copy, signature), text.replace(/"signature": ".{4}/, '"signature": "AAAA'));
      },
      'signature.malformed': (copy) => writeFile(path.join(copy, signature), '{}'),
      'signature.missing': (copy) => rm(path.join(copy, signature)),
      'signature.unknown-key': (copy) => runHere(['sign', '--package', copy, '--key', at('others/other.key')]),
    };
    for (const [code, damage] of Object.entries(cases)) {
      const copy = at(`copy-${code}`);
      await cp(dir, copy, { recursive: true });
      await damage(copy);
      const refused = await runHere(['verify', '--package', copy, '--json', '--key', at('keys', pub)]);
      expect([refused.code, errorOf(refused).code]).toEqual([1, code]);
    }
  });

  it('say under which aliases and from which version on the package is to be used', async () => {
    const copy = at('copy-claims');
    await cp(dir, copy, { recursive: true });
    const words = ['sign', '--package', copy, '--key', at('others/other.key'), '--json'];
    const signed = await runHere([...words, '--alias', 'Belt', 'Gate', '--minimum-version', '1.0.0']);
    const claims = { aliases: ['Belt', 'Gate'], minimumVersion: '1.0.0' };
    expect(signed.json[0]).toMatchObject({ claims });
    const verify = ['verify', '--package', copy, '--json', '--key', at('others/other.pub')];
    expect((await runHere([...verify, '--alias', 'Gate'])).json[0]).toMatchObject({ state: 'trusted', claims });
    expect(errorOf(await runHere([...verify, '--alias', 'Colors'])).code).toBe('signature.other-alias');
    const wrong = await runHere([...words, '--minimum-version', 'winter']);
    expect(errorOf(wrong).code).toBe('signature.bad-claims');
  });

  it('never write over a key, and refuse one that others can read', async () => {
    const again = await runHere(['keygen', '--out', at('others'), '--key-id', 'other', '--json']);
    expect(errorOf(again).code).toBe('signing.key-exists');
    await cp(at('others/other.key'), at('open.key'));
    await chmod(at('open.key'), 0o644);
    const exposed = await runHere(['sign', '--package', dir, '--key', at('open.key'), '--json']);
    expect(errorOf(exposed)).toMatchObject({
      code: 'signing.key-exposed',
      message: expect.stringContaining('mode 644') as string,
    });
  });

  it('read a packed package as well, and write nothing with --dry-run', async () => {
    const before = await readFile(path.join(dir, 'signature.json'), 'utf8');
    const plan = await runHere(['sign', '--package', dir, '--key', at('others/other.key'), '--dry-run', '--json']);
    expect(plan.json[0]).toMatchObject({ dryRun: true, algorithm: 'Ed25519' });
    expect(await readFile(path.join(dir, 'signature.json'), 'utf8')).toBe(before);
    await writeFile(at('unsigned.tar.gz'), await tarOf(colorPackage()));
    const unsigned = await runHere([
      'verify',
      '--package',
      at('unsigned.tar.gz'),
      '--json',
      '--key',
      at('others/other.pub'),
    ]);
    expect(errorOf(unsigned).code).toBe('signature.missing');
  });

  it('end with 2 on wrong usage', async () => {
    for (const words of [
      ['sign', '--package', dir],
      ['sign', '--package', dir, '--key', 'a', '--kms-key', 'b'],
      ['verify', '--package', dir],
      ['keygen', '--out', at('x'), '--key-id', '../x'],
    ])
      expect((await runHere(words)).code, words.join(' ')).toBe(2);
  });
});

/** Plays AWS KMS (JSON 1.1, target TrentService) with a key of node:crypto: what it signs verifies only if the request was right. */
class KmsStandIn {
  readonly requests: { readonly operation: string; readonly input: Readonly<Record<string, unknown>> }[] = [];
  readonly #server: http.Server;
  readonly #keys = new Map<string, { readonly pem: string; readonly usage: string }>();

  constructor() {
    this.#server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
        const input = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
        this.requests.push({ operation, input });
        const { status, body } = this.#answer(operation, input);
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
      });
    });
  }

  async start(): Promise<Readonly<Record<string, string>>> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      AWS_ENDPOINT_URL_KMS: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  add(id: string, pem: string, usage = 'SIGN_VERIFY'): void {
    this.#keys.set(id, { pem, usage });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(operation: string, input: Readonly<Record<string, string>>): { status: number; body: object } {
    const key = this.#keys.get(input['KeyId'] ?? '');
    if (!key) return fault('NotFoundException', `Key '${input['KeyId']}' does not exist`);
    if (operation === 'GetPublicKey') {
      const der = createPublicKey(key.pem).export({ type: 'spki', format: 'der' });
      return { status: 200, body: { KeyId: input['KeyId'], PublicKey: der.toString('base64'), KeyUsage: key.usage } };
    }
    if (operation !== 'Sign') return fault('UnsupportedOperationException', operation);
    const digest = Buffer.from(input['Message'] ?? '', 'base64');
    if (input['MessageType'] !== 'DIGEST' || digest.length !== 32 || input['SigningAlgorithm'] !== 'ECDSA_SHA_256')
      return fault('ValidationException', `cannot sign ${digest.length} bytes as ${input['MessageType']}`);
    return { status: 200, body: { KeyId: input['KeyId'], Signature: signDigest(digest, key.pem).toString('base64') } };
  }
}

function fault(type: string, message: string): { status: number; body: object } {
  return { status: 400, body: { __type: type, message } };
}

/** Order of P-256 (FIPS 186-5). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * ECDSA over a digest that was made elsewhere (FIPS 186-5, 6.4.1), in DER; node:crypto signs only what it has hashed itself,
 * but knows the curve: a nonce's point is the public key that belongs to it.
 */
function signDigest(digest: Buffer, pem: string): Buffer {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  const secret = BigInt(`0x${Buffer.from(d, 'base64url').toString('hex')}`);
  const ecdh = createECDH('prime256v1');
  const r = BigInt(`0x${ecdh.generateKeys().subarray(1, 33).toString('hex')}`) % ORDER;
  const nonce = BigInt(`0x${ecdh.getPrivateKey('hex')}`);
  const z = BigInt(`0x${digest.toString('hex')}`);
  const s = (inverse(nonce) * (z + r * secret)) % ORDER;
  const numbers = Buffer.concat([derInteger(r), derInteger(s)]);
  return Buffer.concat([Buffer.from([0x30, numbers.length]), numbers]);
}

/** Fermat: the order is a prime. */
function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, value % ORDER, ORDER - 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

/** Without leading zeros, but with one where the highest bit would be taken for a sign (X.690, 8.3). */
function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const content = bytes[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}

describe('edgeml sign with a key of AWS KMS', () => {
  const ec = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const rsa = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const kms = new KmsStandIn();
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    environment = await kms.start();
    kms.add(ARN, ec.privateKey);
    kms.add('alias/rsa', rsa.privateKey);
    kms.add('alias/agree', ec.privateKey, 'KEY_AGREEMENT');
  });
  afterAll(() => kms.close());

  it('sends the digest, and devices trust the public key', async () => {
    const signed = await runCommand(['sign', '--package', dir, '--kms-key', ARN, '--json'], environment);
    expect(signed, signed.stderr).toMatchObject({ code: 0 });
    const publicKey = createPublicKey(ec.publicKey);
    expect(signed.json[0]).toMatchObject({ algorithm: 'ECDSA-P256-SHA256', keyId: keyIdOf(publicKey) });
    expect(kms.requests.map(({ operation }) => operation)).toEqual(['GetPublicKey', 'Sign']);
    expect(kms.requests[1]?.input).toMatchObject({ MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' });
    await writeFile(at('kms.pub'), publicKeyText(publicKey));
    const verified = await runHere(['verify', '--package', dir, '--key', at('kms.pub'), '--json']);
    expect(verified.json[0]).toMatchObject({ state: 'trusted', keyId: keyIdOf(publicKey) });
  });

  it.each([
    ['alias/gone', 'signing.kms', /NotFoundException/],
    ['alias/rsa', 'signature.bad-key', /rsa/],
    ['alias/agree', 'signing.kms', /KEY_AGREEMENT/],
  ])('refuses %s', async (key, code, message) => {
    const refused = await runHere(['sign', '--package', dir, '--kms-key', key, '--json'], environment);
    expect(refused.code).toBe(1);
    expect(errorOf(refused)).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});
