/** `runtime.json` at the top of an unpacked runtime: what it is made of. */
export interface RuntimeManifest {
  readonly platform: string;
  readonly node: string;
  /** npm package → version. */
  readonly packages: Readonly<Record<string, string>>;
}

export const RUNTIME_MANIFEST = 'runtime.json';

/** Packages with native code, each loaded once when the runtime is installed. */
export const NATIVE_PACKAGES = ['onnxruntime-node', 'sharp', '@julusian/jpeg-turbo', 'koffi', 'aws-crt'] as const;
