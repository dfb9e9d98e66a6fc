import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '#packages/foundation';
import { withCloud } from '../cloud/cloud-options.ts';
import type { CommandSpec } from '../frame/command.ts';
import type { PipelineCode } from '../../cloud/accounts/pipeline-code.ts';
import { showOutcomes } from './show-outcomes.ts';

interface DeployOptions {
  readonly source?: string;
}

export const deployCommand: CommandSpec<DeployOptions> = {
  usage: 'deploy <accounts.yaml>',
  summary: 'create or update the stacks of the tooling, pre-production and production accounts',
  options: (command) =>
    command.option('--source <zip>', 'zip of the project for the builds (default: the last commit, by git archive)'),
  help: `
Deploys the stacks in the order of their dependencies, and waits for each. Repeat an interrupted deployment: stacks that are up to date
are skipped. Buckets and keys outlive their stacks. Run \`account plan\` first to see the changes.`,
  run: async ({ args: [file = ''], options, out, signal }) => {
    const { readAccounts } = await import('../../cloud/accounts/accounts-file.ts');
    const { changeAccounts } = await import('../../cloud/accounts/change-accounts.ts');
    const { pipelineCode, uploadCode } = await import('../../cloud/accounts/pipeline-code.ts');
    const accounts = await readAccounts(file);
    const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-account-'));
    try {
      let code: PipelineCode | undefined;
      const made = async () => (code ??= await pipelineCode(folder, options.source));
      const lambdaKey = async () => (await made()).lambda.key;
      const { profile } = accounts.accounts.tooling;
      const upload = (bucket: string) =>
        withCloud({ region: accounts.region, profile }, async (clients) =>
          uploadCode(clients, bucket, await made(), signal),
        );
      const onProgress = (what: string) => out.progress(what);
      const common = { file: accounts, lambdaKey, clock: systemClock, signal, onProgress };
      showOutcomes(out, await changeAccounts({ ...common, deploy: { upload } }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
