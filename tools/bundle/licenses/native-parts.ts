import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import { buildErrors } from '../errors.ts';
import type { BundledSoftware, LicenseText } from './bundled-software.ts';
import { libvipsParts } from './libvips-parts.ts';
import { standardTexts } from './standard-text.ts';

/** A package that the runtime takes files from, as far as its parts depend on it. */
export interface NativePackage {
  readonly name: string;
  readonly version: string;
  readonly platform: RuntimePlatform;
  /** Content of its versions.json, if it has one. */
  readonly versions: Readonly<Record<string, string>> | undefined;
}

/** The software inside a package of native code, and the notices for it. */
export type NativeParts = Pick<BundledSoftware, 'parts' | 'note' | 'source'>;

/** @throws EdgeError `build.license-missing` if the package is of another version than its entry here */
export function nativeParts(native: NativePackage): NativeParts {
  const { name } = native;
  if (name.startsWith('node-')) return { parts: [node(native.version)] };
  if (name.startsWith('@img/sharp-') && native.versions) return libvips(native, native.versions);
  if (name === 'onnxruntime-node' || name === 'onnxruntime-web') return { parts: [onnxruntime(native)] };
  if (name === '@julusian/jpeg-turbo') return { parts: [libjpegTurbo(native)] };
  if (name === 'aws-crt') return { parts: awsCrt(native) };
  return {};
}

function node(version: string): BundledSoftware {
  return {
    name: 'Node.js',
    version,
    license: 'MIT',
    // The LICENSE of the npm package is that of Node.js, with all that it contains.
    texts: [],
    purl: `pkg:github/nodejs/node@v${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    source: `https://nodejs.org/dist/v${version}/node-v${version}.tar.gz`,
  };
}

function libvips({ name, version }: NativePackage, versions: Readonly<Record<string, string>>): NativeParts {
  const isOwnPackage = name.startsWith('@img/sharp-libvips-');
  return {
    parts: libvipsParts(versions),
    note: 'A shared library that you may replace by a build of your own; the scripts that built it and the libraries in it are at "source".',
    source: isOwnPackage
      ? `https://github.com/lovell/sharp-libvips/tree/v${version}`
      : 'https://github.com/libvips/build-win64-mxe',
  };
}

function onnxruntime(native: NativePackage): BundledSoftware {
  looked(native, '1.30.0');
  return {
    name: 'ONNX Runtime',
    version: native.version,
    license: 'MIT',
    texts: [vendoredText('onnxruntime-third-party.txt', 'ThirdPartyNotices.txt')],
    purl: `pkg:github/microsoft/onnxruntime@v${native.version}`,
    source: `https://github.com/microsoft/onnxruntime/tree/v${native.version}`,
  };
}

function libjpegTurbo(native: NativePackage): BundledSoftware {
  looked(native, '2.3.0');
  return {
    name: 'libjpeg-turbo',
    version: '3.1.2',
    license: 'IJG AND BSD-3-Clause AND Zlib',
    texts: [
      vendoredText('libjpeg-turbo-license.txt', 'LICENSE.md'),
      vendoredText('libjpeg-turbo-ijg.txt', 'README.ijg'),
    ],
    purl: 'pkg:github/libjpeg-turbo/libjpeg-turbo@3.1.2',
    source: 'https://github.com/libjpeg-turbo/libjpeg-turbo/tree/3.1.2',
    note: 'This software is based in part on the work of the Independent JPEG Group.',
  };
}

/** Beside the libraries aws-c-*, which are under the license and notice of the package. */
function awsCrt(native: NativePackage): readonly BundledSoftware[] {
  looked(native, '1.33.1');
  const common = [vendoredText('aws-c-common-third-party.txt', 'THIRD-PARTY-LICENSES.txt of aws-c-common')];
  const everywhere: readonly BundledSoftware[] = [
    { name: 'cJSON', version: '1.7.19', license: 'MIT', texts: common, purl: 'pkg:github/DaveGamble/cJSON@v1.7.19' },
    { name: 'libcbor', version: '0.13.0', license: 'MIT', texts: common, purl: 'pkg:github/PJK/libcbor@v0.13.0' },
  ];
  // Windows brings its own TLS.
  if (native.platform.startsWith('windows')) return everywhere;
  return [
    {
      name: 'AWS-LC',
      version: '5.4.0',
      license: 'Apache-2.0 AND ISC AND MIT AND BSD-3-Clause',
      texts: [vendoredText('aws-lc-license.txt', 'LICENSE, and those in third_party')],
      purl: 'pkg:github/aws/aws-lc@v5.4.0',
    },
    ...everywhere,
    {
      name: 's2n-tls',
      version: '1.7.6',
      license: 'Apache-2.0',
      texts: [...standardTexts('Apache-2.0', 's2n-tls'), { title: 'NOTICE', text: S2N_NOTICE }],
      purl: 'pkg:github/aws/s2n-tls@v1.7.6',
    },
  ];
}

const S2N_NOTICE = 's2n\nCopyright 2014-2015 Amazon.com, Inc. or its affiliates. All Rights Reserved.';

/** Parts and texts are those of one version; another one has to be looked at. */
function looked({ name, version }: NativePackage, at: string): void {
  if (version === at) return;
  throw buildErrors.error(
    'build.license-missing',
    `the parts and texts of ${name} are those of ${at}, and the build takes ${version}`,
    { facts: { package: name, version, at } },
  );
}

/** A text that the npm package leaves out, as its project has it. */
export function vendoredText(file: string, title: string): LicenseText {
  return { title, text: readFileSync(path.join(import.meta.dirname, 'texts', file), 'utf8') };
}
