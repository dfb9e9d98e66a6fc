import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '#packages/foundation';
import type { CommandSpec } from '../frame/command.ts';
import { showOutcomes } from './show-outcomes.ts';

export const planCommand: CommandSpec<object> = {
  usage: 'plan <accounts.yaml>',
  summary: 'show what `account deploy` would change in each account',
  help: `
Creates a change set of AWS CloudFormation for each stack, shows it and deletes it. A stack that needs outputs of a stack that does not exist
yet is listed as waiting. docs/accounts.md shows the file.`,
  run: async ({ args: [file = ''], out, signal }) => {
    const { readAccounts } = await import('../../cloud/accounts/accounts-file.ts');
    const { changeAccounts } = await import('../../cloud/accounts/change-accounts.ts');
    const { pipelineCode } = await import('../../cloud/accounts/pipeline-code.ts');
    const accounts = await readAccounts(file);
    const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-account-'));
    try {
      const lambdaKey = async () => (await pipelineCode(folder, path.join(folder, 'not-needed'))).lambda.key;
      const onProgress = (what: string) => out.progress(what);
      const options = { file: accounts, lambdaKey, clock: systemClock, signal, onProgress };
      showOutcomes(out, await changeAccounts(options));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
