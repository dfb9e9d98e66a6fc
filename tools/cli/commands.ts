import type { Command } from 'commander';
import { benchCommand } from './bench.ts';
import { buildCommand } from './build.ts';
import { deployCommand as accountDeployCommand } from './account/deploy.ts';
import { planCommand } from './account/plan.ts';
import { addCommand, addGroup } from './frame/command.ts';
import type { CommandHost } from './frame/command.ts';
import { completionCommand } from './completion/completion.ts';
import { printCommand } from './config/print.ts';
import { datasetCommand } from './dataset.ts';
import { deployCommand } from './deploy.ts';
import { deprovisionCommand } from './deprovision.ts';
import { fleetCommand } from './fleet.ts';
import { fleetIndexCommand } from './fleet-index.ts';
import { fleetReportCommand } from './fleet-report.ts';
import { doctorCommand } from './doctor.ts';
import { fuzzCommand } from './fuzz.ts';
import { generateCommand } from './generate.ts';
import { inspectCommand } from './inspect.ts';
import { challengerCommand } from './local/challenger.ts';
import { deployCommand as localDeployCommand } from './local/deploy.ts';
import { listCommand } from './local/list.ts';
import { logsCommand } from './local/logs.ts';
import { pubCommand } from './local/pub.ts';
import { restartCommand } from './local/restart.ts';
import { stopCommand } from './local/stop.ts';
import { subCommand } from './local/sub.ts';
import { tailCommand } from './local/tail.ts';
import { keygenCommand } from './keygen.ts';
import { lintCommand } from './lint.ts';
import { migrateEdgeManagerCommand } from './migrate-edge-manager.ts';
import { migrateV1Command } from './migrate-v1.ts';
import { onboardCommand } from './onboard.ts';
import { optimizeCommand } from './optimize.ts';
import { packageCommand } from './package.ts';
import { pipelineCommand } from './pipeline.ts';
import { predictCommand } from './predict.ts';
import { promoteCommand } from './promote.ts';
import { provisionCommand } from './provision.ts';
import { publishCommand } from './publish.ts';
import { signCommand } from './sign.ts';
import { ringsCommand } from './rings.ts';
import { rollbackCommand } from './rollback.ts';
import { soakCommand } from './soak.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { tryCommand } from './try.ts';
import { twinCommand } from './twin.ts';
import { verifyCommand } from './verify.ts';
import { versionCommand } from './version.ts';

/** The list of all commands, in the order of `--help`. */
export function addCommands(program: Command, host: CommandHost): void {
  addCommand(program, startCommand, host);
  addCommand(program, tryCommand, host);
  addCommand(program, predictCommand, host);
  addCommand(program, inspectCommand, host);
  addCommand(program, packageCommand, host);
  addCommand(program, optimizeCommand, host);
  addCommand(program, datasetCommand, host);
  addCommand(program, keygenCommand, host);
  addCommand(program, signCommand, host);
  addCommand(program, verifyCommand, host);
  addCommand(program, twinCommand, host);
  addCommand(program, buildCommand, host);
  addCommand(program, benchCommand, host);
  addCommand(program, soakCommand, host);
  addCommand(program, fuzzCommand, host);
  addCommand(program, lintCommand, host);
  addCommand(program, generateCommand, host);
  addCommand(program, publishCommand, host);
  addCommand(program, deployCommand, host);
  addCommand(program, statusCommand, host);
  addCommand(program, rollbackCommand, host);
  addCommand(program, promoteCommand, host);
  addCommand(program, provisionCommand, host);
  addCommand(program, deprovisionCommand, host);
  addCommand(program, onboardCommand, host);
  addCommand(program, fleetCommand, host);
  addCommand(program, fleetIndexCommand, host);
  addCommand(program, fleetReportCommand, host);
  addCommand(program, ringsCommand, host);
  addCommand(program, pipelineCommand, host);
  addCommand(program, migrateV1Command, host);
  addCommand(program, doctorCommand, host);
  addCommand(program, migrateEdgeManagerCommand, host);
  addCommand(program, completionCommand, host);
  addCommand(program, versionCommand, host);

  const account = addGroup(program, 'account', 'accounts of their own for tooling, pre-production and production');
  addCommand(account, planCommand, host);
  addCommand(account, accountDeployCommand, host);

  const config = addGroup(program, 'config', 'look at edgeml.yaml');
  addCommand(config, printCommand, host);

  const local = addGroup(
    program,
    'local',
    'speak to a running core: the one of `npm start`, or a nucleus on this machine',
  );
  addCommand(local, localDeployCommand, host);
  addCommand(local, listCommand, host);
  addCommand(local, logsCommand, host);
  addCommand(local, pubCommand, host);
  addCommand(local, subCommand, host);
  addCommand(local, tailCommand, host);
  addCommand(local, challengerCommand, host);
  addCommand(local, restartCommand, host);
  addCommand(local, stopCommand, host);
}
