/**
 * Which folder may import which; the only place that says so. ESLint holds every import against this table
 * (import-zones-rule.js), and `npm run generate` writes docs/architecture.md from it.
 * Plain JavaScript: ESLint reads its configuration without tsx.
 */

/**
 * @typedef {object} Zone
 * @property {string} holds One line.
 * @property {readonly string[]} mayImport Patterns of folders and files, besides the zone itself.
 */

/**
 * By folder or pattern of files: `*` stands for a name, `**` for any folders. The last row that covers a file holds.
 * @type {Readonly<Record<string, Zone>>}
 */
export const ZONES = {
  '*.*': {
    holds: 'settings of ESLint, Vitest, knip',
    mayImport: ['testing/end-to-end-first.ts', 'testing/patience.ts', 'tools/checks'],
  },

  // Libraries, lowest first. From outside, each has one door: its index.ts, imported as `#packages/<name>`.
  'packages/foundation': { holds: 'errors, clock, log, configuration pipeline, environment, backoff', mayImport: [] },
  'packages/posix': {
    holds: 'what Node.js does not have of Linux: shared memory, limits, memory, control groups, confinement',
    mayImport: ['packages/foundation'],
  },
  'packages/model-package': {
    holds: 'schema of `model.json`; reading, hashing and signing model packages',
    mayImport: ['packages/foundation'],
  },
  'packages/drift': {
    holds: 'sketches of what a model sees and says, their distance from a baseline, and drift',
    mayImport: ['packages/foundation', 'packages/model-package'],
  },
  'packages/samples': {
    holds: 'the JSON beside each sample in the bucket, and the forms that predictions come in',
    mayImport: ['packages/foundation', 'packages/model-package'],
  },
  'packages/shapes': {
    holds: 'masks as runs, outlines and skeletons: what predictions have besides boxes',
    mayImport: [],
  },
  'packages/onnx': { holds: 'ONNX files field by field, and which files hold their weights', mayImport: [] },
  'packages/ipc': {
    holds: 'Greengrass IPC: wire format, transport, `IpcSession`, the table of topics',
    mayImport: ['packages/foundation'],
  },
  'packages/aws': { holds: 'what an error of the AWS SDK says, and what it is about', mayImport: [] },
  'packages/object-store': {
    holds: 'buckets behind one port: S3, its errors, attempts to upload',
    mayImport: ['packages/aws', 'packages/foundation'],
  },
  'packages/heartbeat': { holds: 'heartbeat messages and the topics they go to', mayImport: ['packages/foundation'] },
  'packages/frames': {
    holds: 'frames of a camera: how their pixels lie, and the shared memory that they stay in',
    mayImport: ['packages/foundation', 'packages/posix'],
  },
  'packages/http': {
    holds:
      'HTTP on Unix sockets: server, and types and clients of the agent, the application and the feedback uploader',
    mayImport: ['packages/foundation', 'packages/frames', 'packages/model-package'],
  },
  'packages/kernels': {
    holds: 'WebAssembly modules: their instances, and their memory',
    mayImport: [],
  },
  'packages/jpeg': {
    holds: 'libjpeg-turbo: where it lies, and raw frames encoded by it',
    mayImport: ['packages/foundation', 'packages/frames', 'packages/kernels'],
  },
  'packages/raster': {
    holds: 'BMP and TIFF pictures without compression, from industrial cameras',
    mayImport: [],
  },
  'packages/motion': { holds: 'whether anything moves before a camera', mayImport: ['packages/frames'] },
  'packages/vision': {
    holds: 'image decode, resize, tensors, decoders, execution providers: what a worker runs',
    mayImport: [
      'packages/foundation',
      'packages/frames',
      'packages/jpeg',
      'packages/kernels',
      'packages/model-package',
      'packages/onnx',
      'packages/raster',
      'packages/shapes',
    ],
  },
  'packages/annotation': {
    holds: 'predictions drawn on an image',
    mayImport: [
      'packages/foundation',
      'packages/frames',
      'packages/jpeg',
      'packages/model-package',
      'packages/raster',
      'packages/shapes',
    ],
  },

  'packages/doctor': {
    holds: 'what a device has and lacks, and the archive for those who help',
    mayImport: ['packages/foundation', 'packages/http', 'packages/model-package', 'packages/vision'],
  },

  // Components import libraries only, so that each ships alone.
  'components/inference-agent': {
    holds:
      'model instances, registry, admission, HTTP, IPC, gRPC of Edge Manager and Lookout for Vision, captured data, heartbeats',
    mayImport: [
      'packages/doctor',
      'packages/drift',
      'packages/foundation',
      'packages/frames',
      'packages/heartbeat',
      'packages/http',
      'packages/ipc',
      'packages/model-package',
      'packages/object-store',
      'packages/posix',
      'packages/shapes',
      'packages/vision',
      'schemas',
    ],
  },
  'components/inference-app': {
    holds: 'sources, scheduler, results, annotated images',
    mayImport: [
      'packages/annotation',
      'packages/foundation',
      'packages/frames',
      'packages/http',
      'packages/ipc',
      'packages/jpeg',
      'packages/model-package',
      'packages/motion',
      'packages/posix',
      'packages/raster',
      'schemas',
    ],
  },
  'components/feedback-uploader': {
    holds: 'sampling, redaction, spool, uplink budget, uploads, messages of the old feedback connector',
    mayImport: [
      'packages/foundation',
      'packages/frames',
      'packages/http',
      'packages/ipc',
      'packages/jpeg',
      'packages/model-package',
      'packages/object-store',
      'packages/samples',
      'schemas',
    ],
  },
  'components/console': {
    holds:
      '`edgeml.Console`: the server of the page, its guards, what it asks of the other components; `page/`: the page itself',
    mayImport: [
      'packages/foundation',
      'packages/http',
      'packages/ipc',
      'packages/model-package',
      'packages/raster',
      'packages/shapes',
      'schemas',
    ],
  },
  'components/edge-manager': {
    holds: '`edgeml.EdgeManager`, which stands in for the old component: two scripts',
    mayImport: [],
  },
  'components/runtime': {
    holds: 'install script, platform table of native packages',
    mayImport: ['packages/foundation'],
  },
  'components/model-*': { holds: 'components without code: a link to the recipe and gdk-config.json', mayImport: [] },

  // Tools, lowest first.
  'tools/*.*': { holds: 'the start of the `edgeml` command, which installs what is missing', mayImport: ['tools/cli'] },
  'tools/checks': { holds: 'rules of our own that `npm run check` holds the code against', mayImport: [] },
  'tools/recipe': {
    holds: 'recipes: reading, validation, access control',
    mayImport: ['packages/foundation', 'packages/ipc'],
  },
  'tools/local-core': {
    holds: 'the development runtime: deployments, lifecycles, IPC, MQTT',
    mayImport: ['packages/foundation', 'packages/http', 'packages/ipc', 'tools/recipe'],
  },
  'tools/bundle': {
    holds: 'bundles, zips, the runtime, gdk projects, generated files',
    mayImport: [
      'packages/drift',
      'packages/foundation',
      'packages/http',
      'packages/ipc',
      'packages/model-package',
      'packages/samples',
      'components/*/config.ts',
      'components/**/*routes.ts',
      'components/inference-agent/settings/edge-manager-keys.ts',
      'components/runtime',
      'tools/checks',
      'tools/project-file/project-file.ts',
    ],
  },
  'tools/onnx': {
    holds: 'what an ONNX file says of itself, and the `model.json` that follows',
    mayImport: ['packages/foundation', 'packages/model-package', 'packages/onnx', 'packages/vision'],
  },
  'tools/package': {
    holds: 'from a trained model to a signed package and its component',
    mayImport: [
      'packages/aws',
      'packages/drift',
      'packages/foundation',
      'packages/model-package',
      'packages/onnx',
      'packages/vision',
      'components/inference-agent/config.ts',
      'components/runtime/platforms.ts',
      'tools/bundle',
      'tools/onnx',
      'tools/recipe',
    ],
  },
  'tools/optimize': {
    holds: "int8 and fp16 variants by ONNX Runtime's tools in Python, held against the fp32 one",
    mayImport: ['packages/foundation', 'packages/model-package', 'packages/vision', 'tools/bundle', 'tools/package'],
  },
  'tools/project-file': {
    holds: 'edgeml.yaml: reading, checking, writing, and the deployment document that it stands for',
    mayImport: ['packages/foundation', 'packages/model-package', 'tools/bundle', 'tools/package', 'tools/recipe'],
  },
  'tools/lint': {
    holds: '`edgeml lint`: recipes, configuration, dependencies, model packages',
    mayImport: [
      'packages/foundation',
      'packages/ipc',
      'packages/model-package',
      'tools/bundle',
      'tools/local-core',
      'tools/onnx',
      'tools/package',
      'tools/recipe',
    ],
  },
  'tools/cloud': {
    holds: 'publishing, deployments, fleet, provisioning, the event handler of the pipeline',
    mayImport: [
      'packages/aws',
      'packages/foundation',
      'packages/heartbeat',
      'packages/ipc',
      'packages/model-package',
      'tools/bundle',
      'tools/recipe',
      'package.json',
    ],
  },
  'tools/dataset': {
    holds: '`edgeml dataset`: samples to what labeling tools and trainers read, and their labels back',
    mayImport: [
      'packages/aws',
      'packages/foundation',
      'packages/model-package',
      'packages/samples',
      'tools/cloud/in-parallel.ts',
      'tools/twin/report/xml.ts',
    ],
  },
  'tools/twin': {
    holds: 'a deployment tried on a local core, with a report',
    mayImport: [
      'packages/annotation',
      'packages/foundation',
      'packages/http',
      'packages/model-package',
      'packages/vision',
      'tools/local-core',
      'tools/recipe',
    ],
  },
  'tools/loop-demo': {
    holds:
      '`edgeml loop demo`: a fleet on this machine that notices a change, learns from it and is better for it; not shipped',
    mayImport: [
      'packages',
      'components/feedback-uploader',
      'components/inference-agent',
      'components/inference-app/feedback',
      'components/inference-app/frame',
      'testing',
      'tools/bundle',
      'tools/cloud',
      'tools/optimize',
      'tools/twin',
    ],
  },
  'tools/migrate-edge-manager': {
    holds: 'documents around SageMaker Edge Manager turned into those of our components',
    mayImport: ['packages/foundation', 'components/inference-agent/settings/old-agent-file.ts'],
  },
  'tools/migrate-v1': {
    holds: 'connectors of Greengrass V1 turned into our configuration, and its Lambda functions into components',
    mayImport: ['packages/foundation', 'components/*/config.ts', 'tools/bundle'],
  },
  'tools/cli': {
    holds: 'the `edgeml` command, one file per command',
    mayImport: [
      'packages',
      'components/inference-app/sources/first-frame.ts',
      'components/runtime/platforms.ts',
      'tools/bundle',
      'tools/cloud',
      'tools/dataset',
      'tools/lint',
      'tools/local-core',
      'tools/migrate-edge-manager',
      'tools/migrate-v1',
      'tools/onnx',
      'tools/optimize',
      'tools/package',
      'tools/project-file',
      'tools/recipe',
      'tools/twin',
    ],
  },
  clients: {
    holds: 'what programs on the device import: a Python and a TypeScript package',
    mayImport: ['packages/foundation', 'packages/http'],
  },

  // Never shipped, so that nothing above imports them.
  '**/*.test.ts': {
    holds: 'unit and conformance tests, beside the code that they test',
    mayImport: ['packages', 'components', 'tools', 'testing'],
  },
  '**/*.fuzz.ts': {
    holds: 'parsers as the fuzzer sees them (`npm run fuzz`), beside the code that they damage inputs for',
    mayImport: ['packages', 'components', 'tools', 'testing'],
  },
  testing: {
    holds: 'test support: rigs, in-memory twins, conformance suites, recorders',
    mayImport: ['packages', 'components', 'tools', 'clients'],
  },
  test: {
    holds: 'end-to-end tests over the built artifacts',
    mayImport: ['packages', 'components', 'tools', 'testing', 'package.json'],
  },
  examples: { holds: 'example applications, each for `npm start -- --file`: docs/examples.md', mayImport: [] },
  website: { holds: 'the documentation site: its navigation, settings of its generator', mayImport: [] },
  bench: { holds: 'benchmarks, for `edgeml bench`', mayImport: ['packages', 'components', 'tools', 'testing'] },

  // No code that ESLint reads.
  'gg-e2e-tests': { holds: 'scenarios for `gdk test-e2e`, run against an account', mayImport: [] },
  recipes: { holds: 'one YAML recipe per component, the only place that describes it', mayImport: [] },
  schemas: {
    holds:
      'JSON Schemas of `model.json`, edgeml.yaml and configurations, OpenAPI of each component, written from the code',
    mayImport: [],
  },
  container: { holds: 'recipe of a container image to try the collection', mayImport: [] },
  artifacts: { holds: 'sample models, sample images, the training code', mayImport: [] },
  infrastructure: {
    holds: 'CloudFormation templates: where heartbeats go, the pipeline from model registry to fleet',
    mayImport: [],
  },
};
