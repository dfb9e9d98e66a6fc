/** `runtime.json` at the top of an unpacked runtime: what it is made of. */
export interface RuntimeManifest {
  readonly platform: string;
  readonly node: string;
  /** npm package → version. */
  readonly packages: Readonly<Record<string, string>>;
}

/** `natives.json` beside it: SHA-256 of each native file, and who signed the list. The agent looks at it at each start. */
export const NATIVE_FILES = 'natives.json';

export const RUNTIME_MANIFEST = 'runtime.json';

/** Packages with native code, each loaded once when the runtime is installed. */
export const NATIVE_PACKAGES = ['onnxruntime-node', 'sharp', '@julusian/jpeg-turbo', 'koffi', 'aws-crt'] as const;
