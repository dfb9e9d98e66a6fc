import { userInfo } from 'node:os';
import { systemClock } from '#packages/foundation';
import { cloudOptions, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';
import type { CloudClients } from '../cloud/clients.ts';
import { preflightLines } from '../cloud/preflight/preflight-lines.ts';
import type { PromotionPlan } from '../cloud/promotion/promotion-plan.ts';
import type { PromotionState } from '../cloud/promotion/promotion-state.ts';

interface PromoteCommandOptions extends CloudCommandOptions {
  readonly state: string;
  readonly approve?: string;
  readonly by?: string;
  readonly run?: string;
  readonly abort?: boolean;
  readonly dryRun?: boolean;
  readonly every: string;
}

export const promoteCommand: CommandSpec<PromoteCommandOptions> = {
  usage: 'promote <plan>',
  summary:
    'roll a version out to a canary group and then, after a health gate and your approval, to the fleet in waves',
  options: (command) =>
    cloudOptions(command)
      .requiredOption('--state <place>', 'where the state is kept: a file, or s3://bucket/key')
      .option('--approve <token>', 'token that the gate printed: continue with the waves')
      .option('--by <name>', 'who approves (default: the user of this machine)')
      .option(
        '--run <id>',
        'id of the run of a pipeline: starts over if the state is of another run that has ended; fails if that run has not ended',
      )
      .option('--abort', 'roll every stage back to its previous deployment')
      .option('--dry-run', 'check the plan, show the stages and which devices can take the version; change nothing')
      .option('--every <seconds>', 'first pause between two checks of a stage', '10'),
  help: `
The first run deploys to the canary group and waits until the heartbeats of its devices show that the model is healthy:
active, in the deployed version, on the requested provider, fast enough, golden test passed. Then it prints
a token and ends. The token approves exactly what was tested; a run with the token continues with the waves, each behind the same
gate. Before each stage, the last heartbeats tell which devices lack the disk, the memory, the provider or a manifest for their nucleus:
these are listed, keep their version in a separate group, and rejoin with a version that they can take. Offline devices do not
hold a wave up; they take the deployment when they reconnect. A stage that fails is rolled back. Repeat an interrupted run: it
continues where it stopped. docs/fleet.md shows a plan.

Exit code 0 if it waits for approval or is done, 1 if a stage failed.

Examples:
  npm run -s edgeml -- promote plan.yaml --state .edgeml/promotion.json
  npm run -s edgeml -- promote plan.yaml --state .edgeml/promotion.json --approve 3f1c-99ab-0d2e-71c4 --by "J. Smith"`,
  run: async ({ args: [file = ''], options, out, signal }) => {
    if (options.abort && options.approve) throw cliErrors.error('cli.usage', 'give --approve or --abort, not both');
    const everyMs = Number(options.every) * 1000;
    if (!(everyMs > 0)) throw cliErrors.error('cli.usage', `--every is ${options.every}; give a number of seconds`);
    const { readPlan } = await import('../cloud/promotion/read-plan.ts');
    const { abortPromotion, promote } = await import('../cloud/promotion/promote.ts');
    const { newState, stateStore } = await import('../cloud/promotion/promotion-state.ts');
    const plan = await readPlan(file);
    return withCloud(options, async (clients) => {
      if (options.dryRun) {
        show(out, await withPreflights(clients, plan, newState(plan), signal));
        return 0;
      }
      const store = stateStore(clients, options.state, signal);
      const approve =
        options.approve === undefined
          ? {}
          : { approve: { token: options.approve, by: options.by ?? userInfo().username } };
      const run = options.abort ? abortPromotion : promote;
      const state = await run({
        clients,
        plan,
        store,
        clock: systemClock,
        signal,
        everyMs,
        ...approve,
        ...(options.run === undefined ? {} : { run: options.run }),
        onProgress: (stage, { reason, offline }) =>
          out.progress(`${stage}: ${reason}${offline > 0 ? `, ${offline} offline` : ''} …`),
      });
      show(out, state);
      if (state.status === 'awaiting-approval') await showToken(out, state);
      if (state.status === 'failed') throw await gateFailed(state);
      return 0;
    });
  },
};

async function withPreflights(
  clients: CloudClients,
  plan: PromotionPlan,
  state: PromotionState,
  signal: AbortSignal,
): Promise<PromotionState> {
  if (plan.preflight.unfit === 'off') return state;
  const { preflight } = await import('../cloud/preflight/preflight.ts');
  const now = systemClock.now();
  const stages = [];
  for (const stage of state.stages)
    stages.push({ ...stage, preflight: await preflight(clients, plan, { name: stage.group }, { signal, now }) });
  return { ...state, stages };
}

async function gateFailed({ name, stages }: PromotionState): Promise<Error> {
  const { cloudErrors } = await import('../cloud/errors.ts');
  const stage = stages.find(({ report }) => report?.verdict === 'failed');
  const [group, reason] = [stage?.group ?? '', stage?.report?.reason ?? 'no reason given'];
  const message = `the promotion ${name} failed at ${group}: ${reason}`;
  return cloudErrors.error('promote.gate-failed', message, { facts: { promotion: name, group } });
}

async function showToken(out: Output, state: PromotionState): Promise<void> {
  const { approvalToken } = await import('../cloud/promotion/approval.ts');
  const token = approvalToken(state);
  out.json({ approvalToken: token });
  if (!out.isJson) out.line(`Approve what was tested with --approve ${token}`);
}

function show(out: Output, state: PromotionState): void {
  out.json(state);
  if (out.isJson) return;
  out.line(
    `${out.paint('bold', state.name)}: ${state.status}${state.approvedBy === undefined ? '' : `, approved by ${state.approvedBy}`}`,
  );
  for (const { group, status, report, preflight } of state.stages) {
    out.line(`  ${group.padEnd(24)} ${status.padEnd(12)} ${report?.reason ?? ''}`);
    if (preflight) for (const line of preflightLines(preflight)) out.line(`    ${line}`);
    for (const finding of report?.findings.slice(0, 20) ?? [])
      out.line(`    ${finding.thing.padEnd(22)} ${finding.verdict.padEnd(12)} ${finding.reason ?? ''}`);
  }
}
