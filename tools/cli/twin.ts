import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectPaths } from '../bundle/project.ts';
import type { Bounds, Check, TwinReport } from '../twin/report/twin-report.ts';
import { cliErrors } from './errors.ts';
import { decryptionKeyOption } from './frame/decryption-key.ts';
import type { DecryptionKeyOption } from './frame/decryption-key.ts';
import { buildProgress } from './frame/build-progress.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';

interface TwinCommandOptions extends DecryptionKeyOption {
  readonly deployment?: string;
  readonly component?: readonly string[];
  readonly build?: readonly string[];
  readonly image?: readonly string[];
  readonly requests: string;
  readonly plan?: string;
  readonly maxP95?: string;
  readonly maxMemory?: string;
  readonly heldBack?: string;
  readonly minAccuracy?: string;
  readonly nucleus?: string;
  readonly model?: string;
  readonly requireProvider?: boolean;
  readonly report: string;
  readonly name?: string;
  readonly thing?: string;
  readonly lite?: boolean;
  readonly timeout: string;
}

/** Components that every deployment of models needs; if the given folders lack one, the project's own build provides it. */
const AGENT = 'edgeml.InferenceAgent';
const BASE = ['edgeml.Runtime', AGENT];

export const twinCommand: CommandSpec<TwinCommandOptions> = {
  usage: 'twin',
  summary: 'test a deployment on a temporary local core: golden results, latency, memory, and a report',
  options: (command) =>
    decryptionKeyOption(command)
      .option('--deployment <file>', 'deployment document, JSON or YAML, as create-deployment of AWS takes it')
      .option('--component <name...>', 'more components to deploy, as Name or Name=1.0.0')
      .option('--build <folder...>', 'folders with recipes/ and artifacts/ (default: greengrass-build of the project)')
      .option('--image <path...>', 'images, or folders of some, to measure with (default: the golden inputs)')
      .option('--requests <number>', 'measured requests per model', '50')
      .option('--plan <file>', 'promotion plan with the bounds (twin.maxP95Ms, …); options here override them')
      .option('--max-p95 <ms>', 'fail if the 95th percentile of the latency is higher')
      .option('--max-memory <MB>', 'fail if all components together use more memory at their peak')
      .option(
        '--held-back <folder>',
        'labeled pictures: a folder for each label, or annotations.json of COCO; an empty folder is ignored',
      )
      .option('--min-accuracy <share>', 'fail if top-1, or mAP@0.5, on the held-back pictures is lower, e.g. 0.9')
      .option(
        '--nucleus <root>',
        'deploy nothing: test the models that the nucleus on this machine runs, e.g. /greengrass/v2',
      )
      .option('--model <alias>', 'with --nucleus: only this model')
      .option('--require-provider', 'fail if a model does not run on the requested execution provider')
      .option('--report <folder>', 'where report.html, junit.xml and report.json go', 'twin-report')
      .option('--name <text>', 'name of the run in the report (default: of the deployment)')
      .option('--thing <name>', 'thing name of the device')
      .option('--lite', 'behave as nucleus lite')
      .option('--timeout <seconds>', 'longest wait for the deployment, and for one answer', '600'),
  help: `
Starts a local core in a temporary folder, deploys, and sends each active model its golden inputs, whose answers must match those of
the package, and the images, one after the other, to measure the latency. It changes nothing outside of that folder and removes it at the end.
Without --deployment and --component, everything in the first build folder is deployed.
The twin has its own TrustedKeysFolder, with the files of --decryption-key and of the folder that the deployment names.
edgeml.Runtime and edgeml.InferenceAgent come from the project if no given folder has them. A model can bring its own bounds
(acceptance in model.json); the stricter of two bounds applies.

Exit code 0: every check passed; 1: a check failed, or the twin could not run. junit.xml is for CI, report.html for people.

Examples:
  edgeml twin --build greengrass-build --component edgeml.model.StreetDetector=1.2.0 --max-p95 80
  edgeml twin --deployment line-3.json --image artifacts/samples --max-memory 700 --report out/twin`,
  run: async ({ options, out, signal }) => {
    const requests = positive('--requests', options.requests);
    const timeoutMs = 1000 * positive('--timeout', options.timeout);
    const bounds = {
      ...(options.plan === undefined ? {} : await boundsOf(options.plan)),
      ...(options.maxP95 === undefined ? {} : { maxP95Ms: positive('--max-p95', options.maxP95) }),
      ...(options.maxMemory === undefined ? {} : { maxMemoryMb: positive('--max-memory', options.maxMemory) }),
      ...(options.minAccuracy === undefined ? {} : { minAccuracy: positive('--min-accuracy', options.minAccuracy) }),
      requireProvider: options.requireProvider ?? false,
    };
    const { readHeldBack } = await import('../twin/accuracy/held-back-set.ts');
    const heldBack = options.heldBack === undefined ? undefined : await readHeldBack(options.heldBack);
    const common = {
      requests,
      bounds,
      timeoutMs,
      lite: options.lite ?? false,
      ...(heldBack ? { heldBack } : {}),
      onProgress: (what: string) => out.progress(what),
      signal,
    };
    const { stageBuilds } = await import('../twin/stage-builds.ts');
    const { imagesOf, twinRequest } = await import('../twin/twin-request.ts');
    const { judgeNucleus, runTwin } = await import('../twin/run-twin.ts');
    if (options.nucleus !== undefined) {
      const { nucleus: root, model } = options;
      const name = options.name ?? model ?? root;
      const images = await imagesOf(options.image ?? []);
      const report = await judgeNucleus({ ...common, name, root, images, ...(model === undefined ? {} : { model }) });
      return finish(report, options.report, out);
    }
    const { givenKeys } = await import('../package/encryption/given-keys.ts');
    const keys = await givenKeys(options.decryptionKey ?? []);
    const staging = await mkdtemp(path.join(tmpdir(), 'edgeml-twin-builds-'));
    try {
      const images = await imagesOf(options.image ?? []);
      const folders = await withBase(staging, options.build ?? [], out, signal);
      const builds = await stageBuilds(path.join(staging, 'all'), folders);
      const request = await twinRequest(
        options.deployment,
        options.component ?? [],
        builds,
        keys.length > 0 ? [AGENT] : [],
      );
      const name = options.name ?? nameOf(options.deployment, request.rootComponentVersionsToAdd ?? {});
      const report = await runTwin({
        name,
        request,
        images,
        keys,
        ...common,
        ...(options.thing === undefined ? {} : { thingName: options.thing }),
      });
      return await finish(report, options.report, out);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  },
};

/** Writes the report, shows what was found, and gives the exit code. */
async function finish(report: TwinReport, folder: string, out: Output): Promise<number> {
  const { writeReport } = await import('../twin/report/write-report.ts');
  const files = await writeReport(path.resolve(folder), report);
  out.json({ passed: report.passed, name: report.name, checks: report.checks, files });
  if (!out.isJson) show(report, files.html, out);
  return report.passed ? 0 : 1;
}

async function boundsOf(file: string): Promise<Partial<Bounds>> {
  const { readPlan } = await import('../cloud/promotion/read-plan.ts');
  const { maxP95Ms, maxMemoryMb, minAccuracy } = (await readPlan(file)).twin;
  return {
    ...(maxP95Ms === undefined ? {} : { maxP95Ms }),
    ...(maxMemoryMb === undefined ? {} : { maxMemoryMb }),
    ...(minAccuracy === undefined ? {} : { minAccuracy }),
  };
}

/** The given folders, and the project's own if they lack what every deployment needs. */
async function withBase(
  staging: string,
  given: readonly string[],
  out: Output,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (given.length > 0) {
    const { stageBuilds } = await import('../twin/stage-builds.ts');
    const builds = await stageBuilds(path.join(staging, 'given'), given);
    if (BASE.every((component) => builds.newestOf(component) !== undefined)) return given;
  }
  const { buildForThisMachine } = await import('../bundle/host-build.ts');
  await buildForThisMachine({ signal, ...buildProgress(out) });
  return [...given, projectPaths.output];
}

function nameOf(document: string | undefined, versions: Readonly<Record<string, string>>): string {
  if (document !== undefined) return path.parse(document).name;
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return names.length > 3 ? `${names.length} components` : names.join(', ');
}

function show({ checks, passed }: TwinReport, html: string, out: Output): void {
  for (const check of checks) out.line(lineOf(check, out));
  const failed = checks.filter((check) => !check.passed).length;
  out.line(
    out.paint('bold', passed ? `All ${checks.length} checks passed` : `${failed} of ${checks.length} checks failed`),
  );
  out.line(`Report: ${html}`);
}

function lineOf({ suite, name, passed, message }: Check, out: Output): string {
  const mark = passed ? out.paint('green', 'ok    ') : out.paint('red', 'FAILED');
  return `${mark}  ${suite.padEnd(10)}  ${name}  ${out.paint('dim', message)}`;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1_000_000) return value;
  throw cliErrors.error('cli.usage', `${option} is "${text}"; give a positive number`);
}
