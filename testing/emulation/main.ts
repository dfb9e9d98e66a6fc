/** `main.ts <platform> <folder>`: see emulate.sh, which starts this file. Exit code 1 if an answer differs or is missing. */
import path from 'node:path';
import process from 'node:process';
import { disableOnnxTelemetry } from '#packages/foundation';
import { RUNTIME_PLATFORMS } from '../../components/runtime/platforms.ts';
import { thisPlatform } from '../../tools/bundle/host-build.ts';
import { compareAnswers } from './compare-answers.ts';
import { runCollection } from './run-collection.ts';

disableOnnxTelemetry();
const [named = '', work = ''] = process.argv.slice(2);
const platform = RUNTIME_PLATFORMS.find((known) => known === named);
if (!platform || work === '') throw new Error(`usage: main.ts ${RUNTIME_PLATFORMS.join('|')} <folder>`);
const { QEMU_LD_PREFIX } = process.env;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const expected = await runCollection({ platform: thisPlatform(), folder: path.join(work, 'native'), say });
const emulated = await runCollection({
  platform,
  folder: path.join(work, platform),
  environment: QEMU_LD_PREFIX === undefined ? {} : { QEMU_LD_PREFIX },
  say,
});
for (const model of emulated.models) say(`${platform}: ${model}`);
const differences = compareAnswers(emulated.answers, expected.answers);
differences.forEach(say);
const right = expected.answers.size - new Set(differences.map((line) => line.split(':', 1)[0])).size;
say(`${platform}: ${right} of ${expected.answers.size} images answered as on ${thisPlatform()}`);
process.exitCode = differences.length === 0 ? 0 : 1;
