import type { Provider } from '#packages/model-package';
import { nativeRuntime } from '#packages/vision';
import type { Runtime } from '#packages/vision';

const MAGIC = Uint8Array.of(0x01, 0x48, 0x45, 0x46);

/** A file as Hailo's compiler might write it: its first bytes, then the model as it was. */
export function compiledModel(onnx: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...MAGIC, ...onnx]);
}

/** A backend for such files, in software. */
const fakeHailo: Runtime = {
  whyUnavailable: (provider) => (provider === 'hailo' ? undefined : 'it is not a Hailo'),
  async open(source, provider, options) {
    if (provider !== 'hailo') throw new Error('it is not a Hailo');
    const { model, externalData } = await source.read();
    if (!MAGIC.every((byte, index) => model[index] === byte)) throw new Error('HEF_FILE_INVALID');
    const read = async () => ({ model: model.slice(MAGIC.length), externalData });
    return nativeRuntime.open({ hash: undefined, read }, 'cpu', options);
  },
};

/** Options of a device whose chips these are, with the fake in the place of Hailo's backend. */
export const withChips = (...chips: readonly string[]) => ({
  targets: () => chips,
  runtimeOf: (provider: Provider) => (provider === 'hailo' ? fakeHailo : nativeRuntime),
});
