import type { KnipConfig } from 'knip';

/** Finds code that nothing imports: `npm run unused` fails for exports, files and dependencies that nobody uses. */
const config: KnipConfig = {
  entry: [
    // Entry points of bundles: see tools/bundle/components.ts, tools/bundle/runtime and tools/cloud/pipeline.
    'components/inference-agent/{agent,doctor,instance-worker,model}.ts',
    'components/inference-agent/instance/serve-model.ts',
    'components/feedback-uploader/{uploader,redactor}.ts',
    'components/inference-app/app.ts',
    'components/console/console.ts',
    'components/console/page/main.tsx',
    'components/runtime/check.ts',
    'tools/cloud/pipeline/lambda.ts',
    'tools/cloud/report/lambda.ts',
    // Files that other programs import or start.
    'clients/typescript/{src/index.ts,examples/*.mjs}',
    'tools/bundle/npm-package/launch.mjs',
    'examples/*/*.mjs',
    'bench/main.ts',
    'tools/loop-demo/main.ts',
    // Processes that tests and benchmarks start by their paths.
    'bench/vision/sequential.ts',
    'testing/clients/agent-caller.mjs',
    'testing/agent/{scripted-worker,capture/capture-child}.ts',
    'testing/{device,local-core}/core-process.mts',
    'testing/emulation/main.ts',
    'testing/edge-manager/wind-turbine.ts',
    'testing/ipc/sdk-session-suite.config.ts',
    'testing/posix/child-main.ts',
    'testing/vision/{load-and-unload,fuzz/run-fuzz}.ts',
    'testing/fuzz/fuzz-child.ts',
    'testing/soak/{live-heap,shifted-clock}.mjs',
    // Its packages are installed by `npm run site` alone.
    'website/rspress.config.mjs',
    // Found by their names: testing/fuzz/find-targets.ts.
    '{packages,components,tools}/**/*.fuzz.ts',
  ],
  // Found by its file at run time, so that a device without it falls back to sharp: packages/vision/image/turbo-jpeg.ts.
  ignoreDependencies: ['@julusian/jpeg-turbo', '@rspress/core'],
  // Tests that need them say so and are left out without them.
  ignoreBinaries: ['arv-fake-gv-camera-0.8', 'ffmpeg', 'mkfifo', 'mount', 'promtool', 'umount', 'unshare'],
  treatConfigHintsAsErrors: true,
};

export default config;
