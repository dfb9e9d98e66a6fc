import path from 'node:path';
import { version as esbuildVersion } from 'esbuild';
import type { RuntimePlatform } from '../../components/runtime/platforms.ts';
import type { Artifact, MakeContext } from './artifact.ts';
import { codeEntries } from './code-entries.ts';
import type { Archive } from './licenses/bundled-software.ts';
import { licenseEntries } from './licenses/license-entries.ts';
import { LICENSE_INPUTS } from './licenses/license-inputs.ts';
import { modelEntries } from './model-entries.ts';
import { PROJECT, projectPaths } from './project.ts';
import { withRuntimeEntries } from './runtime/runtime-entries.ts';
import type { FingerprintPart } from './store/fingerprint.ts';
import { writeZip } from './zip/write-zip.ts';

const MB = 1_000_000;
const MAX_CODE_BYTES = 1 * MB;
/** A model has data to carry; its package is at most this large. */
const MAX_MODEL_BYTES = 6 * MB;

/** A component: its folder below components/ and what its recipe's artifacts are made of. */
export interface ComponentBuild {
  readonly name: string;
  readonly folder: string;
  /** @param slim runtimes for Linux as small as they can be */
  artifacts(platforms: readonly RuntimePlatform[], slim: boolean): readonly Artifact[];
}

/** For those who move over from the components of Greengrass v2 and configure nothing: images under the names of theirs. */
const SAMPLE_IMAGES = {
  'sample_images/cat.jpeg': '../artifacts/samples/part-gear.jpg',
  'sample_images/objects.jpg': '../artifacts/samples/belt-03.jpg',
};

/** Every component, dependencies first. */
export const COMPONENTS: readonly ComponentBuild[] = [
  {
    name: 'edgeml.Runtime',
    folder: 'runtime',
    artifacts: (platforms, slim) => platforms.map((one) => runtimeZip(one, slim)),
  },
  {
    name: 'edgeml.InferenceAgent',
    folder: 'inference-agent',
    artifacts: () => [
      codeZip(
        'edgeml-agent.zip',
        {
          'agent.js': 'inference-agent/agent.ts',
          'instance-worker.js': 'inference-agent/instance-worker.ts',
          'serve-model.js': 'inference-agent/instance/serve-model.ts',
          'model.js': 'inference-agent/model.ts',
          'doctor.js': 'inference-agent/doctor.ts',
        },
        {
          'install.sh': 'runtime/link-current.sh',
          'install.cmd': 'runtime/link-current.cmd',
          'run.sh': 'inference-agent/run.sh',
          'run.cmd': 'inference-agent/run.cmd',
        },
      ),
    ],
  },
  {
    name: 'edgeml.EdgeManager',
    folder: 'edge-manager',
    artifacts: () => [
      codeZip(
        'edgeml-edge-manager.zip',
        {},
        {
          'announce-token-endpoint.sh': 'edge-manager/announce-token-endpoint.sh',
          'announce-token-endpoint.cmd': 'edge-manager/announce-token-endpoint.cmd',
          'await-socket.sh': 'edge-manager/await-socket.sh',
        },
      ),
    ],
  },
  { name: 'edgeml.model.PartsDetector', folder: 'model-parts-detector', artifacts: () => [modelZip('PartsDetector')] },
  {
    name: 'edgeml.model.PartsClassifier',
    folder: 'model-parts-classifier',
    artifacts: () => [modelZip('PartsClassifier')],
  },
  {
    name: 'edgeml.model.PartsSegmenter',
    folder: 'model-parts-segmenter',
    artifacts: () => [modelZip('PartsSegmenter')],
  },
  { name: 'edgeml.model.GearInspector', folder: 'model-gear-inspector', artifacts: () => [modelZip('GearInspector')] },
  {
    name: 'edgeml.FeedbackUploader',
    folder: 'feedback-uploader',
    artifacts: () => [
      codeZip('edgeml-feedback.zip', {
        'uploader.js': 'feedback-uploader/uploader.ts',
        'redactor.js': 'feedback-uploader/redactor.ts',
      }),
    ],
  },
  {
    name: 'edgeml.InferenceApp',
    folder: 'inference-app',
    artifacts: () => [codeZip('edgeml-app.zip', { 'app.js': 'inference-app/app.ts' }, SAMPLE_IMAGES)],
  },
  {
    name: 'edgeml.Console',
    folder: 'console',
    artifacts: () => [
      codeZip(
        'edgeml-console.zip',
        { 'console.js': 'console/console.ts' },
        { 'page/index.html': 'console/page/index.html', 'page/icon.svg': 'console/page/icon.svg' },
        { 'page/page.js': 'console/page/main.tsx', 'page/page.css': 'console/page/page.css' },
      ),
    ],
  },
];

function runtimeZip(platform: RuntimePlatform, slim: boolean): Artifact {
  const name = `edgeml-runtime-${platform}.zip`;
  return {
    name,
    isSigned: true,
    inputs: [
      { text: slim ? 'slim' : 'whole' },
      ...LICENSE_INPUTS,
      { path: path.join(projectPaths.components, 'runtime'), only: SOURCE_FILE },
      { path: path.join(projectPaths.packages, 'foundation'), only: SOURCE_FILE },
      ...['runtime', 'zip', 'bundle.ts'].map((name) => ({ path: path.join(TOOLS.path, name), only: SOURCE_FILE })),
    ],
    make: (file, context) =>
      withRuntimeEntries(
        { ...archive(name, 'application', context), platform, slim, signer: context.signer },
        context.cache,
        context,
        async (entries) => void (await writeZip(file, entries)),
      ),
  };
}

function codeZip(name: string, bundles: Readonly<Record<string, string>>, files = {}, page = {}): Artifact {
  return {
    name,
    maxBytes: MAX_CODE_BYTES,
    inputs: SOURCES,
    make: async (file, context) =>
      void (await writeZip(file, await codeEntries(archive(name, 'application', context), bundles, files, page))),
  };
}

function modelZip(model: string): Artifact {
  const name = `${model}.zip`;
  return {
    name,
    maxBytes: MAX_MODEL_BYTES,
    inputs: [{ path: path.join(projectPaths.models, model) }, TOOLS, ...LICENSE_INPUTS],
    make: async (file, context) => {
      // Nothing in the sample models is by others: artifacts/training makes them from random weights and its own pictures.
      const licenses = licenseEntries(archive(name, 'machine-learning-model', context));
      await writeZip(file, [...(await modelEntries(model)), ...licenses]);
    },
  };
}

function archive(name: string, kind: Archive['kind'], { component, version }: MakeContext): Archive {
  return { name, kind, component, version };
}

const SOURCE_FILE = /(?<!\.test|\.fuzz)\.(tsx?|json|sh|cmd|css|html|svg)$/;
const TOOLS = { path: path.join(PROJECT, 'tools/bundle'), only: SOURCE_FILE };
/** More than each bundle needs, but cheap to hash and never too little. */
const SOURCES: readonly FingerprintPart[] = [
  { path: projectPaths.packages, only: SOURCE_FILE },
  { path: projectPaths.components, only: SOURCE_FILE },
  { path: path.join(PROJECT, 'package.json') },
  { path: path.join(PROJECT, 'package-lock.json') },
  ...Object.values(SAMPLE_IMAGES).map((file) => ({ path: path.join(projectPaths.components, file) })),
  { text: esbuildVersion },
  TOOLS,
  ...LICENSE_INPUTS,
];
