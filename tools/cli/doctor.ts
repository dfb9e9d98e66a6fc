import path from 'node:path';
import process from 'node:process';
import type { Finding } from '#packages/doctor';
import { exists } from '#packages/foundation';
import { PROJECT } from '../bundle/project.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';
import { brokerUrl } from './health/broker-incident.ts';
import { DEFAULT_ROOT, rootOf, rootOption } from './local/core-root.ts';
import type { RootOption } from './local/core-root.ts';
import { ownVersion } from './version.ts';

interface DoctorCommandOptions extends RootOption {
  readonly bundle?: string;
}

/** Where AWS installs the nucleus. */
const NUCLEUS_ROOT = '/greengrass/v2';

export const doctorCommand: CommandSpec<DoctorCommandOptions> = {
  usage: 'doctor',
  summary: 'check whether this machine has all that the collection needs, and write a support archive',
  options: (command) =>
    rootOption(command).option(
      '--bundle <file>',
      'write a support archive (.tar.gz): report, logs, configuration, no secrets',
    ),
  help: `
Checks versions, installed components and their health, execution providers and why one does not work, devices and permissions,
the clock, disks, ffmpeg and its hardware decoders, and whether the configured cameras, endpoints and broker can be
reached. Changes nothing, and does not log in anywhere. Exit code 1 if something that is configured cannot work.
Without --root: the core of npm start, else ${NUCLEUS_ROOT}, else only the machine. On a device without a checkout, doctor.js
of edgeml.InferenceAgent does the same; see docs/troubleshooting.md.`,
  run: async ({ options, out, signal }) => {
    const { reportText, runDoctor, urlTarget } = await import('#packages/doctor');
    const root = await rootFor(options);
    const broker = root === undefined ? undefined : await brokerUrl(root);
    const outcome = await runDoctor({
      root,
      edgeml: await ownVersion(),
      probe: {
        file: process.execPath,
        words: [
          '--import',
          import.meta.resolve('tsx'),
          path.join(PROJECT, 'components/inference-agent/doctor.ts'),
          '--probe-provider',
        ],
      },
      more: broker === undefined ? [] : urlTarget('broker', broker),
      bundle: options.bundle,
      now: Date.now(),
      signal,
      onProgress: (what) => out.progress(what),
    });
    out.json({ root: root ?? null, findings: outcome.findings, ...(outcome.bundle ? { bundle: outcome.bundle } : {}) });
    if (!out.isJson)
      for (const line of reportText(outcome.findings, (state, text) => painted(out, state, text))) out.line(line);
    if (outcome.bundle) out.note(`Written ${outcome.bundle.file}: look into it before you send it.`);
    return outcome.isIll ? 1 : 0;
  },
};

async function rootFor(options: RootOption): Promise<string | undefined> {
  if (options.root !== undefined) return rootOf(options);
  for (const candidate of [DEFAULT_ROOT, NUCLEUS_ROOT]) if (await exists(candidate)) return candidate;
  return undefined;
}

const COLORS = { ok: 'green', info: 'dim', warning: 'yellow', error: 'red' } as const;

function painted(out: Output, state: Finding['state'], text: string): string {
  return out.paint(COLORS[state], text);
}
