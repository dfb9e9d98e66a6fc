import type { CommandSpec } from './frame/command.ts';

interface FleetReportOptions {
  readonly output: string;
}

export const fleetReportCommand: CommandSpec<FleetReportOptions> = {
  usage: 'fleet-report',
  summary: 'build the Lambda function that reports the fleet every 24 hours',
  options: (command) => command.option('--output <folder>', 'where report-lambda.zip goes', '.edgeml/report'),
  help: `
infrastructure/insight.yaml is its template; docs/fleet.md shows how to deploy both. \`edgeml fleet --report\` shows the same report
at once.`,
  run: async ({ options, out }) => {
    const { buildLambda } = await import('../cloud/pipeline/build-lambda.ts');
    const made = await buildLambda(options.output, 'report');
    out.json(made);
    if (!out.isJson) out.line(`${made.file}  ${(made.bytes / 1000).toFixed(0)} kB`);
  },
};
