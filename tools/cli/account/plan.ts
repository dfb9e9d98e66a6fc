import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '#packages/foundation';
import type { CommandSpec } from '../frame/command.ts';
import { showOutcomes } from './show-outcomes.ts';

export const planCommand: CommandSpec<object> = {
  usage: 'plan <accounts.yaml>',
  summary: 'say what `account deploy` would change in each account',
  help: `
Each stack is asked by a change set of AWS CloudFormation, which is removed again. Stacks that need what others give wait until those are
there. docs/accounts.md shows the file.`,
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
