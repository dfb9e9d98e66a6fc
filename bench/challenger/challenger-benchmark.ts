import { cliErrors } from '../../tools/cli/errors.ts';
import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { table } from '../../tools/cli/frame/table.ts';
import { wholeNumber } from '../whole-number.ts';

interface ChallengerBenchmarkOptions {
  readonly requests: string;
  readonly blocks: string;
  readonly share: string;
  readonly cpu: string;
  readonly strict?: boolean;
}

/** How much slower the model that serves may become. */
const MAX_P50_RATIO = 1.05;
const MAX_P99_RATIO = 1.15;

export const challengerBenchmark: CommandSpec<ChallengerBenchmarkOptions> = {
  usage: 'challenger',
  summary: 'what a challenger costs the model that serves beside it',
  options: (command) =>
    command
      .option('--requests <number>', 'requests in all, half of them beside a challenger', '10000')
      .option('--blocks <number>', 'blocks without and with a challenger, which take turns', '10')
      .option('--share <percent>', 'share of the pictures that the challenger sees', '10')
      .option('--cpu <percent>', 'CPU share of the challenger, in percent of one core', '25')
      .option('--strict', 'end with 1 if a goal is missed'),
  help: `
The detector of the samples serves, another version of it is the challenger. One client asks without a break, 200 kB a picture; blocks
alone and beside a challenger take turns, so that other load on the machine falls on both. Goals: p50 within 5 %, p99 within 15 %.
Ends with 1 if a request got no answer. Linux only.`,
  run: async ({ options, out, signal }) => {
    const requests = wholeNumber('requests', options.requests);
    const blocks = wholeNumber('blocks', options.blocks);
    const [sharePercent, cpuPercent] = [wholeNumber('share', options.share), wholeNumber('cpu', options.cpu)];
    if (blocks < 1 || requests < 2 * blocks)
      throw cliErrors.error('cli.usage', `--requests ${requests} is less than one for each of 2 × ${blocks} blocks`);
    const { measureBeside } = await import('./measure-beside.ts');
    const onProgress = (what: string): void => out.progress(what);
    const report = await measureBeside({ requests, blocks, sharePercent, cpuPercent, signal, onProgress });
    out.json(report);
    const { alone, beside, changing, ratio, comparison, lost } = report;
    if (!out.isJson) {
      const rows = [
        [
          'p50 alone / beside a challenger',
          `${ms(alone.p50Ms)} / ${ms(beside.p50Ms)}`,
          percent(ratio.p50),
          'within 5 %',
        ],
        [
          'p99 alone / beside a challenger',
          `${ms(alone.p99Ms)} / ${ms(beside.p99Ms)}`,
          percent(ratio.p99),
          'within 15 %',
        ],
        [`p99 while one starts and ends (${changing.requests})`, ms(changing.p99Ms), '', ''],
        ['pictures compared', String(comparison.frames), '', ''],
        ['pictures not seen for the CPU share', String(comparison.skipped.budget), '', ''],
        [`requests without an answer, of ${report.requests}`, String(lost), '', '0'],
      ];
      for (const line of table(['WHAT', 'MEASURED', 'DIFFERENCE', 'GOAL'], rows)) out.line(line);
    }
    const isMissed = ratio.p50 > MAX_P50_RATIO || ratio.p99 > MAX_P99_RATIO;
    return lost > 0 || (options.strict === true && isMissed) ? 1 : 0;
  },
};

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function percent(ratio: number): string {
  return `${ratio >= 1 ? '+' : ''}${(100 * (ratio - 1)).toFixed(1)} %`;
}
