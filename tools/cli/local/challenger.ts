import path from 'node:path';
import { createAgentClient } from '#packages/http';
import { cliErrors } from '../errors.ts';
import type { CommandSpec } from '../frame/command.ts';
import { challengerLines } from './challenger-lines.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';

interface ChallengerOptions extends RootOption {
  readonly start?: string;
  readonly promote?: boolean;
  readonly stop?: boolean;
}

export const challengerCommand: CommandSpec<ChallengerOptions> = {
  usage: 'challenger [alias]',
  summary: 'list, start, promote or stop challengers: models that run beside those that serve',
  options: (command) =>
    rootOption(command)
      .option(
        '--start <package>',
        'run this package beside the model that serves the alias (default alias: name of the package)',
      )
      .option('--promote', 'let the challenger of the alias serve')
      .option('--stop', 'stop the challenger of the alias'),
  help: `
A challenger gets a share of the pictures. Its answers are compared with those of the model that serves and are not returned to anyone. In a
fleet it is a component (edgeml package --challenger); see docs/challenger.md.

Examples:
  npm run -s edgeml -- local challenger
  npm run -s edgeml -- local challenger PartsDetector --start runs/PartsDetector-1.1.0
  npm run -s edgeml -- local challenger PartsDetector --promote`,
  run: async ({ args: [alias], options, out, signal }) => {
    const { start, promote = false, stop = false } = options;
    const changes = [start !== undefined, promote, stop].filter(Boolean).length;
    if (changes > 1) throw cliErrors.error('cli.usage', 'give one of --start, --promote and --stop');
    if ((promote || stop) && alias === undefined)
      throw cliErrors.error('cli.usage', 'name the alias of the challenger, e.g. PartsDetector');
    const client = createAgentClient({
      socketPath: path.join(rootOf(options), 'work/edgeml.InferenceAgent/agent.sock'),
    });
    const progress = {
      signal,
      onProgress: (step: object) => out.progress('message' in step ? String(step.message) : ''),
    };
    try {
      if (start !== undefined) {
        const named = alias === undefined ? {} : { alias };
        await client.activate({ path: path.resolve(start), role: 'challenger', ...named }, progress);
      }
      if (promote) {
        const done = await client.promoteChallenger(alias ?? '', progress);
        out.json(done);
        if (!out.isJson) out.line(`${done.model.name} ${done.model.version} serves as "${done.model.alias}"`);
        return;
      }
      if (stop) await client.stopChallenger(alias ?? '', { signal });
      const reports = (await client.challengers({ signal })).filter(
        (one) => alias === undefined || one.alias === alias,
      );
      out.json(reports);
      if (out.isJson) return;
      if (reports.length === 0) out.line(alias === undefined ? 'No challenger runs.' : `${alias} has no challenger.`);
      for (const line of reports.flatMap(challengerLines)) out.line(line);
    } finally {
      client.close();
    }
  },
};
