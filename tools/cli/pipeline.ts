import type { CommandSpec } from './frame/command.ts';

interface PipelineOptions {
  readonly output: string;
}

export const pipelineCommand: CommandSpec<PipelineOptions> = {
  usage: 'pipeline',
  summary: 'build the Lambda function of the pipeline from model registry to fleet',
  options: (command) => command.option('--output <folder>', 'where pipeline-lambda.zip goes', '.edgeml/pipeline'),
  help: `
infrastructure/pipeline.yaml is its template; docs/fleet.md shows how to deploy both.`,
  run: async ({ options, out }) => {
    const { buildLambda } = await import('../cloud/pipeline/build-lambda.ts');
    const made = await buildLambda(options.output, 'pipeline');
    out.json(made);
    if (!out.isJson) out.line(`${made.file}  ${(made.bytes / 1000).toFixed(0)} kB`);
  },
};
