import path from 'node:path';
import { systemClock } from '#packages/foundation';
import { projectPaths } from '../bundle/project.ts';
import { cliErrors } from './errors.ts';
import { buildProgress } from './frame/build-progress.ts';
import type { TryService } from './start/try-service.ts';
import type { CommandSpec } from './frame/command.ts';
import { DEFAULT_ROOT, rootOf, rootOption } from './local/core-root.ts';
import type { RootOption } from './local/core-root.ts';

interface StartOptions extends RootOption {
  readonly once?: boolean;
  readonly file?: string;
  readonly samples?: boolean;
  readonly fresh?: boolean;
  readonly open?: boolean;
  readonly inbox?: string;
  readonly mqtt?: string;
  readonly mqttPort?: string;
  readonly feedback?: string;
  readonly s3Endpoint?: string;
  readonly accelerator?: string;
  readonly lite?: boolean;
  readonly timeout: string;
}

export const startCommand: CommandSpec<StartOptions> = {
  usage: 'start',
  summary: 'build everything and run it on this machine: the contents of edgeml.yaml, or sample models and images',
  options: (command) =>
    rootOption(command)
      .option('--once', 'answer the sample images, or one image of each source of edgeml.yaml, then stop')
      .option(
        '--file <file>',
        'models and sources to run, as `edgeml try` writes them (default: edgeml.yaml of this folder, if there is one)',
      )
      .option('--open', 'open the console in the browser')
      .option('--samples', 'run the samples even if there is an edgeml.yaml')
      .option('--fresh', 'delete the state of earlier starts below the root first')
      .option('--inbox <folder>', 'folder to watch with the samples (default: .edgeml/inbox of the project)')
      .option(
        '--mqtt <url>',
        'broker that stands in for AWS IoT Core, e.g. mqtt://localhost:1883 (default: an embedded one)',
      )
      .option('--mqtt-port <port>', 'port of the embedded broker (default: 1883, or the next that is free)')
      .option(
        '--feedback <s3-uri>',
        'upload every image and its predictions to s3://bucket/prefix, with your AWS credentials',
      )
      .option('--s3-endpoint <url>', 'store for --feedback in place of Amazon S3, e.g. http://localhost:9000')
      .option('--accelerator <name>', 'platform attribute "accelerator": cuda or webgpu')
      .option('--lite', 'behave as nucleus lite does')
      .option('--timeout <seconds>', 'longest wait for the next result', '120'),
  help: `
Components run as on a device: separate processes, started from their recipes by a local core below .edgeml/core. Their files
there (models, spooled samples, annotated images) and the components that "local deploy" has added are kept for the next start.
With the samples, drop images into .edgeml/inbox (scenes) or .edgeml/inbox/closeups. While it runs, use
"npm run -s edgeml -- local list|logs|tail|deploy …" in another terminal.

With --feedback, samples that were not uploaded are sent at the next start.

With --json each result is one JSON object on a line of stdout: image, service, predictions, timings.`,
  run: async ({ options, out, signal }) => {
    const timeoutMs = Number(options.timeout) * 1000;
    if (!(timeoutMs > 0))
      throw cliErrors.error('cli.usage', `--timeout is ${options.timeout}; give a number of seconds`);
    const { buildForThisMachine } = await import('../bundle/host-build.ts');
    const { LocalCore } = await import('../local-core/local-core.ts');
    const { ComponentWatch } = await import('./start/component-watch.ts');
    const { brokerOf, movedBroker } = await import('./start/core-broker.ts');
    const { afterLastStart, readLastStart, writeLastStart } = await import('./start/last-start.ts');
    const { prepareRoot } = await import('./start/prepare-root.ts');
    const { ResultPace } = await import('./start/result-pace.ts');
    const { IncidentWatch } = await import('./start/incident-watch.ts');
    const { runCollection } = await import('./start/run-collection.ts');
    const { projectOf, whatToRun } = await import('./start/what-to-run.ts');
    const { withConsole } = await import('./start/console.ts');
    const { startTryService } = await import('./start/try-service.ts');
    const { feedbackPlace, withFeedback } = await import('./start/with-feedback.ts');
    const { ownCredentials } = await import('./start/own-credentials.ts');

    const feedback = options.feedback === undefined ? undefined : feedbackPlace(options.feedback, options.s3Endpoint);
    const broker = brokerOf(options);
    const root = rootOf(options);
    const project = await projectOf(options);
    await buildForThisMachine({ signal, ...buildProgress(out) });
    await prepareRoot(root, { fresh: options.fresh ?? false, artifacts: path.join(projectPaths.output, 'artifacts') });
    const choice = { once: options.once, inbox: inboxOf(options, root) };
    const chosen = await whatToRun(project, choice, { root, out, signal });
    const run = feedback ? { ...chosen, request: await withFeedback(chosen.request, feedback) } : chosen;
    const own = feedback && (await ownCredentials(systemClock));
    out.progress('Starting the local core …');
    const core = await LocalCore.start({
      root,
      restore: false,
      strictLite: options.lite ?? false,
      mqtt: broker,
      ...(own ? { tokenExchange: { provider: own.provider }, region: own.region } : {}),
      ...(options.accelerator === undefined ? {} : { platformOverride: { accelerator: options.accelerator } }),
    });
    const watch = new ComponentWatch(core, out);
    const incidents = new IncidentWatch(core, out);
    let tries: TryService | undefined;
    try {
      tries = options.once ? undefined : await startTryService(root, signal);
      const deployment = tries ? await withConsole(run.request, tries.socket) : run.request;
      const request = afterLastStart(deployment, run.from, await readLastStart(root));
      await writeLastStart(root, { from: run.from, roots: Object.keys(request.rootComponentVersionsToAdd ?? {}) });
      return await runCollection(core, watch, request, {
        ...run,
        incidents,
        pace: run.paced && !out.isJson ? new ResultPace(systemClock) : undefined,
        once: options.once ?? false,
        openConsole: options.open ?? false,
        brokerNote: movedBroker(broker, core.mqttUrl),
        out,
        signal,
        timeoutMs,
      });
    } catch (error) {
      if (!signal.aborted) {
        incidents.showAll();
        watch.showFailures();
      }
      throw error;
    } finally {
      await tries?.close();
      watch.close();
      incidents.close();
      out.progress('Stopping …');
      await core.stop();
      out.endProgress();
    }
  },
};

/** Beside the default root, so that it outlives a start; inside any other. */
function inboxOf(options: StartOptions, root: string): string {
  if (options.inbox !== undefined) return path.resolve(options.inbox);
  return path.join(root === DEFAULT_ROOT ? path.dirname(root) : root, 'inbox');
}
