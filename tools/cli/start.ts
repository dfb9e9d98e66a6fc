import path from 'node:path';
import type { ResultMessage } from '../../components/common/agent-api.ts';
import type { LocalCore } from '../local-core/local-core.ts';
import { cliErrors } from './errors.ts';
import { buildProgress } from './frame/build-progress.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';
import { rootOf, rootOption } from './local/core-root.ts';
import type { RootOption } from './local/core-root.ts';
import { resultLine } from './results/result-line.ts';
import { ResultClock } from './start/result-clock.ts';
import type { ComponentWatch } from './start/component-watch.ts';
import type { Inbox } from './start/collection.ts';
import type { SampleSet } from './start/samples.ts';

interface StartOptions extends RootOption {
  readonly once?: boolean;
  readonly mqtt?: string;
  readonly accelerator?: string;
  readonly lite?: boolean;
  readonly timeout: string;
}

export const startCommand: CommandSpec<StartOptions> = {
  usage: 'start',
  summary: 'build everything, run it on this machine with sample models and images, watch a folder',
  options: (command) =>
    rootOption(command)
      .option('--once', 'answer the sample images, then stop')
      .option(
        '--mqtt <url>',
        'broker that stands in for AWS IoT Core, e.g. mqtt://localhost:1883 (default: an embedded one)',
      )
      .option('--accelerator <name>', 'platform attribute "accelerator": cuda or webgpu')
      .option('--lite', 'behave as nucleus lite does')
      .option('--timeout <seconds>', 'longest wait for the next result of the samples', '120'),
  help: `
Components run as on a device: separate processes, started from their recipes by a local core below .edgeml/core.
While it runs, drop images into .edgeml/inbox (scenes) or .edgeml/inbox/closeups, and use
"npm run -s edgeml -- local list|logs|tail|deploy …" in another terminal. Every start begins afresh.

With --once --json each sample is one JSON object on a line of stdout: image, service, predictions, timings.`,
  run: async ({ options, out, signal }) => {
    const timeoutMs = Number(options.timeout) * 1000;
    if (!(timeoutMs > 0))
      throw cliErrors.error('cli.usage', `--timeout is ${options.timeout}; give a number of seconds`);
    const { buildForThisMachine } = await import('../build/host-build.ts');
    const { stageSamples } = await import('./start/samples.ts');
    const { collectionDeployment, makeInbox } = await import('./start/collection.ts');
    const { ComponentWatch } = await import('./start/component-watch.ts');
    const { startFreshCore } = await import('./start/fresh-core.ts');

    await buildForThisMachine({ signal, ...buildProgress(out) });
    const root = rootOf(options);
    const samples = await stageSamples(path.join(path.dirname(root), 'samples'));
    const inbox = options.once ? undefined : await makeInbox(path.join(path.dirname(root), 'inbox'));
    out.progress('Starting the local core …');
    const core = await startFreshCore({
      root,
      strictLite: options.lite ?? false,
      ...(options.mqtt === undefined ? {} : { mqtt: { url: options.mqtt } }),
      ...(options.accelerator === undefined ? {} : { platformOverride: { accelerator: options.accelerator } }),
    });
    const watch = new ComponentWatch(core, out);
    try {
      return await runCollection(core, watch, await collectionDeployment(samples, inbox), {
        samples,
        inbox,
        out,
        signal,
        timeoutMs,
      });
    } catch (error) {
      if (signal.aborted) return out.note('Stopped.');
      await watch.showFailures();
      throw error;
    } finally {
      watch.close();
      out.progress('Stopping …');
      await core.stop();
      out.endProgress();
    }
  },
};

interface RunContext {
  readonly samples: readonly SampleSet[];
  readonly inbox: Inbox | undefined;
  readonly out: Output;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

async function runCollection(
  core: LocalCore,
  watch: ComponentWatch,
  request: Parameters<LocalCore['deploy']>[0],
  context: RunContext,
): Promise<number> {
  const { onResults, SampleTally } = await import('./start/result-stream.ts');
  const { out, signal, inbox } = context;
  const tally = new SampleTally(context.samples);
  const answered = new ResultClock(context.timeoutMs, () =>
    cliErrors.error(
      'cli.timeout',
      `no result for ${context.timeoutMs / 1000} s; still without one: ${tally.missing.join(', ')}`,
    ),
  );
  const started = performance.now();
  const end = onResults(core, (result) => {
    const isSample = tally.take(result);
    show(result, out);
    if (isSample) answered.next(tally.complete);
  });
  try {
    const outcome = await core.deploy(request, signal);
    signal.throwIfAborted();
    if (outcome.status !== 'SUCCEEDED')
      throw cliErrors.error(
        'cli.deployment-failed',
        `the deployment ended ${outcome.status}${outcome.detailedStatus ? ` (${outcome.detailedStatus})` : ''}: ${outcome.error ?? 'no reason given'}`,
      );
    await answered.complete(AbortSignal.any([signal, watch.broken]));
    say(core, context, `${tally.total} sample images in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    if (inbox) await untilAborted(signal, watch.broken);
    return tally.errors === 0 ? 0 : 1;
  } finally {
    end();
    answered.close();
  }
}

function show(result: ResultMessage, out: Output): void {
  const { image, service, predictions, timings, truncated, error } = result;
  out.json({
    image,
    service,
    predictions,
    timings: timings ?? null,
    ...(truncated === undefined ? {} : { truncated }),
    ...(error ? { error } : {}),
  });
  if (!out.isJson) out.line(resultLine(result, out));
}

function say(core: LocalCore, { out, inbox }: RunContext, summary: string): void {
  out.note('');
  out.note(out.paint('bold', summary));
  out.note(`Annotated images  ${path.join(core.root, 'work/edgeml.InferenceApp/annotated')}`);
  out.note(`Logs              ${path.join(core.root, 'logs')}`);
  if (core.mqttUrl !== undefined) out.note(`MQTT broker       ${core.mqttUrl}`);
  if (!inbox) return;
  out.note(`Drop images into  ${inbox.scenes} (scenes), ${inbox.closeups} (close-ups)`);
  out.note('Ctrl-C stops everything.');
}

/** Resolves on Ctrl-C, rejects when a component is beyond help. */
function untilAborted(signal: AbortSignal, broken: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(broken.reason as Error);
    if (signal.aborted) return resolve();
    if (broken.aborted) return fail();
    signal.addEventListener('abort', () => resolve(), { once: true });
    broken.addEventListener('abort', fail, { once: true });
  });
}
