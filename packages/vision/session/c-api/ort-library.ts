import { existsSync } from 'node:fs';
import path from 'node:path';

import type * as Koffi from 'koffi';
import { lazyPackage, resolvePackage } from '#packages/foundation';
import { API_VERSION, FUNCTIONS } from './ort-functions.ts';

type FunctionName = keyof typeof FUNCTIONS;
type Functions = Readonly<Record<FunctionName, (...words: unknown[]) => unknown>>;
type Copy = (into: Uint8Array, from: Handle, bytes: number) => void;
/** An address of the library's; 0 is none. */
export type Handle = number | bigint;

const loadKoffi = lazyPackage<typeof Koffi>('koffi');
/** ORT_LOGGING_LEVEL_ERROR: a warning on stderr would look like a fault in the component's log. */
export const LOG_ERRORS = 3;

/** The C interface of one build of ONNX Runtime in this process, with one environment for all its sessions. */
export class OrtLibrary {
  readonly environment: Handle;
  /** koffi unloads a library that nobody holds any more. */
  readonly libraries: readonly Koffi.LibraryHandle[];
  readonly #koffi: typeof Koffi;
  readonly #functions: Functions;
  readonly #memcpy: Copy;

  private constructor(
    koffi: typeof Koffi,
    libraries: readonly Koffi.LibraryHandle[],
    functions: Functions,
    memcpy: Copy,
  ) {
    this.libraries = libraries;
    this.#koffi = koffi;
    this.#functions = functions;
    this.#memcpy = memcpy;
    this.environment = this.handle('CreateEnv', LOG_ERRORS, 'edgeml');
  }

  /**
   * @param file another build of ONNX Runtime; default: the one that onnxruntime-node brings
   * @throws Error with the reason if the library is not there, or if it is older than the interface that is used here
   */
  static load(file = libraryFile()): OrtLibrary {
    if (file === undefined) throw new Error(`ONNX Runtime has no C library for ${process.platform} ${process.arch}`);
    const koffi = loadKoffi();
    const library = koffi.load(file);
    // struct OrtApiBase: GetApi, GetVersionString.
    const [getApi, getVersion] = koffi.decode(library.func('OrtGetApiBase', 'void *', [])(), 'void *', 2) as bigint[];
    const api = koffi.call(getApi, koffi.proto('void *', ['uint32_t']), API_VERSION) as unknown;
    if (api === null) throw tooOld(String(koffi.call(getVersion, koffi.proto('const char *', []))), file);
    const entries = Object.entries(FUNCTIONS).map(([name, [index, result, parameters]]) => {
      const address = koffi.decode(api, index * koffi.sizeof('void *'), 'void *') as bigint;
      return [name, koffi.decode(address, koffi.proto(result, [...parameters])) as unknown] as const;
    });
    const libc = koffi.load('libc.so.6');
    const memcpy = libc.func('memcpy', 'void', ['void *', 'uintptr_t', 'size_t']);
    return new OrtLibrary(koffi, [library, libc], Object.fromEntries(entries) as Functions, memcpy);
  }

  /** Calls a function that returns a status. @throws Error with the message of the status, which is released */
  call(name: FunctionName, ...words: unknown[]): void {
    const status = this.#functions[name](...words) as Handle;
    if (!status) return;
    const message = this.text('GetErrorMessage', status);
    this.release('ReleaseStatus', status);
    throw new Error(message);
  }

  /** As `call`, for one whose last parameter takes a handle or a number of the machine's word. */
  handle(name: FunctionName, ...words: unknown[]): bigint {
    const out = new BigUint64Array(1);
    this.call(name, ...words, out);
    return out[0]!;
  }

  /** As `handle`, for an `enum`. */
  code(name: FunctionName, ...words: unknown[]): number {
    const out = new Int32Array(1);
    this.call(name, ...words, out);
    return out[0]!;
  }

  /** As `handle`, for a list of handles that the library keeps, and its length. */
  list(name: FunctionName, ...words: unknown[]): readonly bigint[] {
    const out = new BigUint64Array(1);
    const length = new BigUint64Array(1);
    this.call(name, ...words, out, length);
    if (length[0] === 0n) return [];
    return [...new BigUint64Array(this.copy(out[0]!, 8 * Number(length[0])).buffer)];
  }

  /** A text that the library keeps, of a function that returns it. */
  text(name: FunctionName, ...words: unknown[]): string {
    return this.#functions[name](...words) as string;
  }

  /** The value that a function returns by itself. */
  value(name: FunctionName, ...words: unknown[]): Handle {
    return this.#functions[name](...words) as Handle;
  }

  release(name: FunctionName, handle: Handle): void {
    if (handle) this.#functions[name](handle);
  }

  textAt(address: Handle): string {
    return this.#koffi.decode(BigUint64Array.of(BigInt(address)), 'const char *') as string;
  }

  copy(address: Handle, bytes: number): Uint8Array<ArrayBuffer> {
    const copied = new Uint8Array(bytes);
    if (bytes > 0) this.#memcpy(copied, address, bytes);
    return copied;
  }

  /** Where the bytes of an array lie. They stay there as long as somebody holds the array. */
  addressOf(data: ArrayBufferView): bigint {
    return this.#koffi.address(data);
  }
}

/** The library beside the Node.js binding, so that both are the same version and, in one process, the same copy. */
function libraryFile(): string | undefined {
  const main = resolvePackage('onnxruntime-node/package.json');
  if (main === undefined || process.platform !== 'linux') return undefined;
  const file = path.join(path.dirname(main), 'bin', 'napi-v6', 'linux', process.arch, 'libonnxruntime.so.1');
  return existsSync(file) ? file : undefined;
}

function tooOld(version: string, file: string): Error {
  return new Error(
    `${file} is ONNX Runtime ${version}, which does not have version ${API_VERSION} of the C interface; deploy its component again`,
  );
}
