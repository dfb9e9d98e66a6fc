import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import { parseLabels } from '#packages/model-package';
import { FORMAT_NAMES } from '../dataset/dataset.ts';
import type { FormatName } from '../dataset/dataset.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import { table } from './frame/table.ts';

interface DatasetOptions {
  readonly to: string;
  readonly output: string;
  readonly labels?: string;
  readonly labelsFormat?: string;
  readonly classes?: string;
  readonly splits: string;
  readonly seed: string;
  readonly service?: string;
  readonly marked?: boolean;
  readonly minScore: string;
  readonly imageRoot?: string;
  readonly region?: string;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
}

const NAMES = FORMAT_NAMES.join(', ');

export const datasetCommand: CommandSpec<DatasetOptions> = {
  usage: 'dataset <samples>',
  summary: 'convert samples for labeling tools, and their labels into a training set',
  options: (command) =>
    command
      .requiredOption('--to <format>', NAMES)
      .requiredOption('--output <folder>', 'a new folder for the data set')
      .option('--labels <file|folder>', 'export of a labeling tool; the data set then holds these pictures and labels')
      .option('--labels-format <format>', `${NAMES} (default: recognized by the files)`)
      .option(
        '--classes <file>',
        'labels.txt of the model: these classes, in this order; without it, in the order of their numbers',
      )
      .option('--splits <percent>', 'shares of train, val and test', '80/10/10')
      .option('--seed <text>', 'seed of the splits', 'edgeml')
      .option('--service <name>', 'only samples of this service')
      .option('--marked', 'only samples that a person kept in the console ("this is wrong")')
      .option('--min-score <number>', 'leave out predictions with lower scores, 0 to 1', '0')
      .option(
        '--image-root <address>',
        'address that the output folder will have for the labeling tool, e.g. s3://bucket/labeling',
      )
      .option('--region <name>', 'AWS region (default: AWS_REGION)')
      .option('--replace', 'overwrite an earlier data set')
      .option('--dry-run', 'show what the data set would hold; write nothing'),
  help: `
<samples> is the folder or s3://bucket/prefix that edgeml.FeedbackUploader writes to: pictures, each with its JSON beside it. Without
--labels the objects are the models' predictions, for a person to correct; with --labels they are the corrected ones. Samples of one source
and one minute are in the same split, and each stays in its split when others are added. docs/dataset.md describes each format.
S3 is reached with the standard AWS settings (credential chain, AWS_REGION, AWS_ENDPOINT_URL).

Examples:
  edgeml dataset s3://street-samples/belt-7 --service StreetDetector --to label-studio --output labeling
  edgeml dataset s3://street-samples/belt-7 --labels export.json --classes labels.txt --to yolo --output training-set
  edgeml dataset samples --marked --to ground-truth --image-root s3://street-labeling/round-3 --output round-3`,
  run: async ({ args: [place = ''], options, out, signal }) => {
    const to = formatOf(options.to, '--to');
    const labelsFormat =
      options.labelsFormat === undefined ? undefined : formatOf(options.labelsFormat, '--labels-format');
    const { readShares } = await import('../dataset/splits.ts');
    const shares = readShares(options.splits);
    if (!shares)
      throw cliErrors.error(
        'cli.usage',
        `--splits takes three shares that add up to 100, e.g. 80/10/10, not "${options.splits}"`,
      );
    const minScore = Number(options.minScore);
    if (!(minScore >= 0 && minScore <= 1))
      throw cliErrors.error('cli.usage', `--min-score takes a number from 0 to 1, not "${options.minScore}"`);
    const { AwsClients } = await import('../package/source/aws-clients.ts');
    const { makeDataset } = await import('../dataset/make-dataset.ts');
    const { readLabels } = await import('../dataset/read-labels.ts');
    const { readSamples } = await import('../dataset/read-samples.ts');
    const { openSamplePlace } = await import('../dataset/sample-place.ts');
    const { summaryOf, writeDataset } = await import('../dataset/write-dataset.ts');
    const aws = new AwsClients(options.region);
    const scratch = await mkdtemp(path.join(tmpdir(), 'edgeml-dataset-'));
    try {
      const classes = options.classes === undefined ? undefined : await classesOf(options.classes);
      const labels = options.labels === undefined ? undefined : await readLabels(options.labels, labelsFormat);
      const samplePlace = await openSamplePlace(place, () => aws.s3(), scratch);
      out.progress(`Reading samples of ${samplePlace.where}`);
      const choice = {
        marked: options.marked === true,
        ...(options.service === undefined ? {} : { service: options.service }),
      };
      const { samples, leftOut } = await readSamples(samplePlace, choice, signal);
      const plan = {
        shares,
        seed: options.seed,
        minScore,
        ...(classes ? { classes } : {}),
        uriOf: (name: string) => samplePlace.uriOf(name),
      };
      const dataset = makeDataset(samples, plan, labels?.pictures);
      const nameOf = new Map(samples.map(({ record, name }) => [record.object, name]));
      const { seed, splits } = options;
      const from = { samples: samplePlace.where, seed, splits, ...(labels ? { labels: labels.format } : {}) };
      const summary =
        options.dryRun === true
          ? summaryOf(dataset)
          : await writeDataset(dataset, {
              folder: path.resolve(options.output),
              format: to,
              replace: options.replace === true,
              ...(options.imageRoot === undefined ? {} : { imageRoot: options.imageRoot }),
              from,
              pictureOf: ({ name }) => samplePlace.read(nameOf.get(name) ?? name, signal),
            });
      const rest = { ...leftOut, 'not labeled': samples.length - dataset.pictures.length };
      out.json({ format: to, task: dataset.task, output: path.resolve(options.output), ...summary, leftOut: rest });
      if (out.isJson) return;
      const counts = Object.entries(summary.pictures).map(([split, count]) => `${split} ${count}`);
      const verb = options.dryRun === true ? 'would hold' : 'holds';
      out.line(
        `${out.paint('bold', options.output)} ${verb} ${dataset.pictures.length} pictures: ${counts.join(', ')}`,
      );
      const rows = Object.entries(summary.objects).map(([label, count], number) => [
        String(number),
        label,
        String(count),
      ]);
      for (const line of table(['', 'class', dataset.task === 'detection' ? 'objects' : 'pictures'], rows))
        out.line(line);
      for (const [reason, count] of Object.entries(rest)) if (count > 0) out.line(`left out: ${count} ${reason}`);
      const empty = Object.entries(summary.pictures).filter(
        ([split, count]) => count === 0 && shares[split as keyof typeof shares] > 0,
      );
      for (const [split] of empty) out.note(`${split} is empty: there are too few minutes of samples for three splits`);
    } finally {
      aws.close();
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

function formatOf(text: string, option: string): FormatName {
  const found = FORMAT_NAMES.find((name) => name === text);
  if (found) return found;
  throw cliErrors.error('cli.usage', `${option} takes one of ${NAMES}, not "${text}"`);
}

async function classesOf(file: string): Promise<readonly string[]> {
  try {
    return parseLabels(await readFile(file, 'utf8'));
  } catch (cause) {
    throw cliErrors.error('cli.usage', `cannot read --classes "${file}": ${messageOf(cause)}`, { cause });
  }
}
