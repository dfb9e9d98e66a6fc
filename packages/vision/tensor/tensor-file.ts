import { crc32, inflateRawSync } from 'node:zlib';
import { isEdgeError, messageOf } from '#packages/foundation';
import { visionErrors } from '../errors.ts';
import type { NamedTensors, Tensor, TensorInfo } from '../loaded-model.ts';
import { isNpy, tensorOfNpy } from './npy-tensor.ts';

const MAX_BYTES = 1024 ** 3;
const MAX_ARRAYS = 1024;
const DEFLATED = 8;

/** Whether a file of a package holds tensors, by its name. */
export function isTensorFile(file: string): boolean {
  return /\.np[yz]$/i.test(file);
}

/**
 * Tensors by name: the members of an .npz, or one .npy, which is meant for the only input or output.
 * @param infos what the tensors are for
 * @param maxBytes of all arrays together, unpacked. Default: 1 GiB
 * @throws EdgeError `tensor.file-invalid`
 */
export async function readTensorFile(
  bytes: Uint8Array,
  file: string,
  infos: readonly TensorInfo[],
  maxBytes = MAX_BYTES,
): Promise<NamedTensors> {
  if (!isNpy(bytes)) return readNpz(bytes, file, maxBytes);
  const [only] = infos;
  if (only && infos.length === 1) return { [only.name]: tensorOfNpy(bytes, file) };
  throw invalid(
    file,
    `one array cannot stand for ${infos.map(({ name }) => `"${name}"`).join(', ')}; save an .npz with these names`,
  );
}

/** The members of what `np.savez` and `np.savez_compressed` write. */
async function readNpz(bytes: Uint8Array, file: string, maxBytes: number): Promise<NamedTensors> {
  // Few models have such a file, and each process of one would load this.
  const { fromBufferPromise, getFileNameLowLevel } = await import('yauzl');
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const zip = await fromBufferPromise(buffer, { lazyEntries: true, decodeStrings: false });
    const tensors = new Map<string, Tensor>();
    let left = maxBytes;
    for await (const entry of zip.eachEntry()) {
      const path = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
      left -= entry.uncompressedSize;
      if (left < 0) throw invalid(file, `its arrays have more than ${maxBytes} bytes, which are allowed`);
      if (tensors.size >= MAX_ARRAYS) throw invalid(file, `it holds more than ${MAX_ARRAYS} arrays`);
      const parts: Buffer[] = [];
      const raw = await zip.openReadStreamPromise(entry, {
        decompress: entry.compressionMethod === DEFLATED ? false : null,
      });
      for await (const part of raw) parts.push(part as Buffer);
      const packed = Buffer.concat(parts);
      const plain =
        entry.compressionMethod === DEFLATED
          ? inflateRawSync(packed, { maxOutputLength: entry.uncompressedSize })
          : packed;
      if (crc32(plain) !== entry.crc32) throw invalid(file, `the checksum of "${path}" does not fit`);
      tensors.set(path.replace(/\.npy$/, ''), tensorOfNpy(new Uint8Array(plain), path));
    }
    return Object.fromEntries(tensors);
  } catch (error) {
    if (isEdgeError(error)) throw error;
    throw invalid(file, `it is neither .npy nor .npz: ${messageOf(error)}`, error);
  }
}

function invalid(file: string, what: string, cause?: unknown): Error {
  return visionErrors.error('tensor.file-invalid', `the file of tensors "${file}" cannot be read: ${what}`, {
    cause,
    facts: { file },
  });
}
