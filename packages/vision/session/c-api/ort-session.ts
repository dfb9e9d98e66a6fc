import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { InferenceSession } from 'onnxruntime-common';
import type { NamedTensors, Tensor } from '../../loaded-model.ts';
import type { ModelSource } from '../model-source.ts';
import type { NodesByProvider, RunTimes, Session, SessionOptions } from '../session.ts';
import { returnFreedMemory } from '../return-memory.ts';
import { describe } from '../tensors.ts';
import { LOG_ERRORS } from './ort-library.ts';
import type { Handle, OrtLibrary } from './ort-library.ts';
import { tensorOf, typeAndShape, valueOf } from './ort-values.ts';
import { providerNamed } from './plug-ins.ts';
import { readProfile } from './run-profile.ts';

/** ORT_ENABLE_ALL, OrtArenaAllocator and OrtMemTypeDefault, ONNX_TYPE_TENSOR of onnxruntime_c_api.h. */
const ENABLE_ALL = 99;
const [ARENA, DEFAULT_MEMORY] = [1, 0];

/** Adds an execution provider to the options of a session (`OrtSessionOptions`). @throws Error what ONNX Runtime says */
export type Attach = (settings: Handle) => void;

/**
 * Opens a model by the C interface. A run gives copies, so that nothing of the library outlives it.
 * @param attach default: the CPU
 * @throws Error what ONNX Runtime says
 */
export async function openSession(
  ort: OrtLibrary,
  source: ModelSource,
  options: SessionOptions,
  attach?: Attach,
): Promise<Session> {
  const { model, externalData } = await source.read();
  const settings = ort.handle('CreateSessionOptions');
  let session: Handle;
  try {
    configure(ort, settings, options);
    attach?.(settings);
    const { profileIn } = options;
    if (profileIn !== undefined) ort.call('EnableProfiling', settings, path.join(profileIn, `profile-${randomUUID()}`));
    if (externalData.length > 0) {
      ort.call(
        'AddExternalInitializersFromFilesInMemory',
        settings,
        externalData.map(({ path: location }) => location),
        BigUint64Array.from(externalData, ({ data }) => ort.addressOf(data)),
        BigUint64Array.from(externalData, ({ data }) => BigInt(data.byteLength)),
        externalData.length,
      );
    }
    session = ort.handle('CreateSessionFromArray', ort.environment, model, model.byteLength, settings);
  } finally {
    ort.release('ReleaseSessionOptions', settings);
    returnFreedMemory();
  }
  try {
    return new CSession(ort, session, options.profileIn !== undefined);
  } catch (error) {
    ort.release('ReleaseSession', session);
    throw error;
  }
}

/** A library that ends while one of its sessions still has threads may end the process by SIGSEGV. */
const open = new Set<CSession>();
process.on('exit', () => open.forEach((session) => session.release()));

class CSession implements Session {
  readonly inputs;
  readonly outputs;
  readonly optimized = 'off';
  readonly nodesByProvider: NodesByProvider;
  readonly #ort: OrtLibrary;
  readonly #memory: Handle;
  #session: Handle;
  #isProfiled: boolean;

  constructor(ort: OrtLibrary, session: Handle, isProfiled: boolean) {
    this.#ort = ort;
    this.#session = session;
    this.#isProfiled = isProfiled;
    this.inputs = describe(metadata(ort, session, 'Input'), 'input');
    this.outputs = describe(metadata(ort, session, 'Output'), 'output');
    this.nodesByProvider = assignment(ort, session);
    this.#memory = cpuMemory(ort);
    open.add(this);
  }

  async run(feeds: NamedTensors, fetches: readonly string[]): Promise<NamedTensors> {
    if (!this.#session) throw new Error('the session is closed');
    const names = this.inputs.map(({ name }) => name);
    const lacking = names.find((name) => feeds[name] === undefined);
    if (lacking !== undefined) throw new Error(`input '${lacking}' is missing in 'feeds'.`);
    const given: Handle[] = [];
    const results = new BigUint64Array(fetches.length);
    try {
      for (const name of names) given.push(valueOf(this.#ort, this.#memory, feeds[name]!));
      const inputs = BigUint64Array.from(given, BigInt);
      this.#ort.call('Run', this.#session, 0, names, inputs, names.length, fetches, fetches.length, results);
      const read = (name: string, index: number): [string, Tensor] => [name, tensorOf(this.#ort, results[index]!)];
      return Object.fromEntries(fetches.map(read));
    } finally {
      for (const value of [...given, ...results]) this.#ort.release('ReleaseValue', value);
    }
  }

  async endProfile(): Promise<RunTimes | undefined> {
    if (!this.#session || !this.#isProfiled) return undefined;
    this.#isProfiled = false;
    const allocator = this.#ort.handle('GetAllocatorWithDefaultOptions');
    const nameAt = this.#ort.handle('SessionEndProfiling', this.#session, allocator);
    const file = this.#ort.textAt(nameAt);
    this.#ort.call('AllocatorFree', allocator, nameAt);
    return readProfile(file);
  }

  async close(): Promise<void> {
    if (!this.#session) return;
    // A session that goes without it leaves its profile behind.
    await this.endProfile().catch(() => undefined);
    this.release();
    returnFreedMemory();
  }

  release(): void {
    const session = this.#session;
    this.#session = 0;
    open.delete(this);
    this.#ort.release('ReleaseSession', session);
  }
}

function configure(ort: OrtLibrary, settings: Handle, options: SessionOptions): void {
  ort.call('SetSessionLogSeverityLevel', settings, LOG_ERRORS);
  ort.call('SetSessionGraphOptimizationLevel', settings, ENABLE_ALL);
  ort.call('SetInterOpNumThreads', settings, 1);
  if (options.intraOpThreads > 0) ort.call('SetIntraOpNumThreads', settings, options.intraOpThreads);
  const entries = {
    'session.intra_op.allow_spinning': options.spinning ? '1' : '0',
    // Weights that were not handed over with the model are not looked for on the disk.
    'session.model_external_initializers_file_folder_path': '/dev/null',
    'session.record_ep_graph_assignment_info': '1',
  };
  for (const [key, value] of Object.entries(entries)) ort.call('AddSessionConfigEntry', settings, key, value);
}

function metadata(ort: OrtLibrary, session: Handle, kind: 'Input' | 'Output'): InferenceSession.ValueMetadata[] {
  const allocator = ort.handle('GetAllocatorWithDefaultOptions');
  const count = Number(ort.handle(`SessionGet${kind}Count`, session));
  return Array.from({ length: count }, (_, index) => {
    const nameAt = ort.handle(`SessionGet${kind}Name`, session, index, allocator);
    const name = ort.textAt(nameAt);
    ort.call('AllocatorFree', allocator, nameAt);
    const typeInfo = ort.handle(`SessionGet${kind}TypeInfo`, session, index);
    try {
      // The library keeps what it casts to; it is none for sequences, maps and optional values.
      const tensor = ort.handle('CastTypeInfoToTensorInfo', typeInfo);
      if (tensor === 0n) return { name, isTensor: false };
      const { type, shape } = typeAndShape(ort, tensor);
      return { name, isTensor: true, type, shape } as InferenceSession.ValueMetadata;
    } finally {
      ort.release('ReleaseTypeInfo', typeInfo);
    }
  });
}

/** How many nodes of the optimized graph each execution provider runs. */
function assignment(ort: OrtLibrary, session: Handle): NodesByProvider {
  const nodes: Record<string, number> = {};
  for (const part of ort.list('Session_GetEpGraphAssignmentInfo', session)) {
    const provider = providerNamed(ort.textAt(ort.handle('EpAssignedSubgraph_GetEpName', part)));
    nodes[provider] = (nodes[provider] ?? 0) + ort.list('EpAssignedSubgraph_GetNodes', part).length;
  }
  return nodes;
}

const memories = new WeakMap<OrtLibrary, Handle>();

/** One description of the CPU's memory for all sessions, as long as the process lives. */
function cpuMemory(ort: OrtLibrary): Handle {
  const known = memories.get(ort) ?? ort.handle('CreateCpuMemoryInfo', ARENA, DEFAULT_MEMORY);
  memories.set(ort, known);
  return known;
}
