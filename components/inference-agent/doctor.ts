import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { reportText, runDoctor } from '#packages/doctor';
import { disableOnnxTelemetry, exists, messageOf } from '#packages/foundation';
import type { Provider } from '#packages/model-package';
import { probeProvider } from '#packages/vision';

const DEFAULT_ROOT = '/greengrass/v2';

/**
 * Entry point of the bundle `doctor.js`: `edgeml doctor` for a device without a checkout.
 *
 * @example
 * R=/greengrass/v2; NODE_PATH=$R/work/edgeml.Runtime/current/node_modules \
 *   $R/work/edgeml.Runtime/current/bin/node $R/work/edgeml.InferenceAgent/current/doctor.js --root $R --bundle support.tar.gz
 */
async function main(): Promise<void> {
  disableOnnxTelemetry();
  const { values } = parseArgs({
    options: {
      root: { type: 'string', default: DEFAULT_ROOT },
      json: { type: 'boolean', default: false },
      bundle: { type: 'string' },
      'probe-provider': { type: 'string' },
    },
  });
  const provider = values['probe-provider'];
  if (provider !== undefined) return print(JSON.stringify(await probeProvider(provider as Provider)));
  const stop = new AbortController();
  process
    .once('SIGINT', () => stop.abort(new Error('stopped')))
    .once('SIGTERM', () => stop.abort(new Error('stopped')));
  const root = path.resolve(values.root);
  const outcome = await runDoctor({
    root: (await exists(root)) ? root : undefined,
    edgeml: undefined,
    probe: { file: process.execPath, words: [path.resolve(process.argv[1] ?? ''), '--probe-provider'] },
    bundle: values.bundle,
    now: Date.now(),
    signal: stop.signal,
  });
  if (values.json)
    print(JSON.stringify({ findings: outcome.findings, ...(outcome.bundle ? { bundle: outcome.bundle } : {}) }));
  else reportText(outcome.findings).forEach(print);
  if (outcome.bundle && !values.json) print(`Written ${outcome.bundle.file}`);
  process.exitCode = outcome.isIll ? 1 : 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${messageOf(thrown)}\n`);
  process.exitCode = 1;
});
