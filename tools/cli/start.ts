import path from 'node:path';
import { cliErrors } from './errors.ts';
import { buildProgress } from './frame/build-progress.ts';
import type { CommandSpec } from './frame/command.ts';
import { DEFAULT_ROOT, rootOf, rootOption } from './local/core-root.ts';
import type { RootOption } from './local/core-root.ts';

interface StartOptions extends RootOption {
  readonly once?: boolean;
  readonly inbox?: string;
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
      .option('--inbox <folder>', 'folder to watch (default: .edgeml/inbox of the project)')
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
    const { buildForThisMachine } = await import('../bundle/host-build.ts');
    const { stageSamples } = await import('./start/samples.ts');
    const { collectionDeployment, makeInbox } = await import('./start/collection.ts');
    const { ComponentWatch } = await import('./start/component-watch.ts');
    const { runCollection } = await import('./start/run-collection.ts');
    const { startFreshCore } = await import('./start/fresh-core.ts');

    await buildForThisMachine({ signal, ...buildProgress(out) });
    const root = rootOf(options);
    out.progress('Starting the local core …');
    const core = await startFreshCore({
      root,
      strictLite: options.lite ?? false,
      ...(options.mqtt === undefined ? {} : { mqtt: { url: options.mqtt } }),
      ...(options.accelerator === undefined ? {} : { platformOverride: { accelerator: options.accelerator } }),
    });
    const watch = new ComponentWatch(core, out);
    try {
      const samples = await stageSamples(path.join(root, 'samples'));
      const inbox = options.once ? undefined : await makeInbox(inboxOf(options, root));
      const request = await collectionDeployment(samples, inbox);
      return await runCollection(core, watch, request, { samples, inbox, out, signal, timeoutMs });
    } catch (error) {
      if (!signal.aborted) watch.showFailures();
      throw error;
    } finally {
      watch.close();
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
