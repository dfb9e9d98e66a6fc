import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildSdk } from '../../tools/bundle/typescript-client.ts';
import type * as Sdk from '../../clients/typescript/src/index.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import type { Call, Caller, Outcome } from './caller.ts';

type AnyClient = (name: string, options?: object) => Partial<Record<string, (given: object) => Promise<unknown>>>;

/** The TypeScript client as it is packed: built into `folder`, loaded from there. */
export async function typescriptCaller(folder: string): Promise<Caller> {
  await buildPackage(folder);
  const sdk = createRequire(import.meta.url)(folder) as typeof Sdk;
  return { call: (call) => run(sdk, call).catch(errorOf), close: async () => undefined };
}

/** The files that npm packs, built into `folder`. */
export async function buildPackage(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of ['package.json', 'README.md'])
    await cp(path.join(PROJECT, 'clients/typescript', file), path.join(folder, file));
  await buildSdk(path.join(folder, 'dist'));
}

async function run(sdk: typeof Sdk, call: Call): Promise<Outcome> {
  const made = (sdk.client as unknown as AnyClient)(call.client, call.options);
  const given = value(call.arguments) as object;
  const method = call.client === 'inference' ? 'invokeInferenceService' : 'publish';
  const answer = (await made[method]!.call(made, given)) as Sdk.InvokeResponse | undefined;
  await made['close']?.call(made, {});
  if (answer === undefined) return { nothing: true };
  const { Body, ContentType } = answer;
  const reads = (call.reads ?? [null]).map((amount) => Buffer.from(Body.read(amount ?? undefined)).toString('utf8'));
  Body.close();
  return { contentType: ContentType, reads, closed: isClosed(Body) };
}

function isClosed(body: Sdk.StreamingBody): boolean {
  try {
    body.read();
    return false;
  } catch {
    return true;
  }
}

function value(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  if (Array.isArray(given)) return given.map(value);
  if ('$bytes' in given) return Buffer.from(String(given.$bytes), 'base64');
  if ('$number' in given) return Number(given.$number);
  return Object.fromEntries(Object.entries(given).map(([name, part]) => [name, value(part)]));
}

function errorOf(thrown: unknown): Outcome {
  const { name, message, code } = thrown as Error & { readonly code?: string };
  return { error: name, message, ...(code === undefined ? {} : { code }) };
}
