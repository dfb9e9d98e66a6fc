import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../../tools/bundle/project.ts';
import { compareFamily } from './compare-family.ts';
import type { ComparedFamily } from './compare-family.ts';
import type { ReferenceFamily } from './families.ts';
import { REFERENCE_FAMILIES } from './families.ts';
import { ANOMALIB_FAMILIES, TORCH_FAMILIES } from './torch-families.ts';

/**
 * `npm run references`: makes the models' own answers in a virtual environment, compares ours, and writes the table of docs/models.md.
 * `EDGEML_TORCH_PYTHON` names a Python with PyTorch, Transformers and Ultralytics, `EDGEML_ANOMALIB_PYTHON` one with anomalib; without them the rows
 * of TORCH_FAMILIES and ANOMALIB_FAMILIES stay as they are. Further arguments are folders of families: only those are compared, as they were made last, and only their rows are written again.
 * Exit code 1 if a family agrees less than the table said before.
 */
const HERE = import.meta.dirname;
const WORK = path.join(PROJECT, '.references');
const PAGE = path.join(PROJECT, 'docs/models.md');
const HASHES = path.join(HERE, 'models.gen.json');
const ALL = [...REFERENCE_FAMILIES, ...TORCH_FAMILIES, ...ANOMALIB_FAMILIES];
const MAX_OUTPUT = 16 * 1024 ** 2;
const [BEGIN, END] = ['<!-- Written by `npm run references`: -->\n', '<!-- End of the table of references. -->'];
const PYTHON = process.env['EDGEML_PYTHON'] ?? 'python3';
/** Families that need a Python with more packages, which is optional. */
const OPTIONAL = [
  {
    python: process.env['EDGEML_TORCH_PYTHON'],
    scripts: ['testing/vision/reference/make_query_detectors_reference.py', 'testing/references/torch_references.py'],
    families: TORCH_FAMILIES,
  },
  {
    python: process.env['EDGEML_ANOMALIB_PYTHON'],
    scripts: ['testing/references/anomalib_references.py'],
    families: ANOMALIB_FAMILIES,
  },
].flatMap(({ python, ...rest }) => (python === undefined ? [] : [{ python, ...rest }]));
const run = promisify(execFile);

async function environment(): Promise<string> {
  const requirements = path.join(HERE, 'requirements.txt');
  const hash = createHash('sha256').update(await readFile(requirements));
  const folder = path.join(WORK, `python-${hash.digest('hex').slice(0, 12)}`);
  const [python, done] = [path.join(folder, 'bin/python'), path.join(folder, 'installed')];
  const isThere = await access(done).then(
    () => true,
    () => false,
  );
  if (isThere) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(WORK, { recursive: true });
  await run(PYTHON, ['-m', 'venv', folder]);
  // Their own lists ask for PyTorch, and for OpenCV twice.
  await run(python, ['-m', 'pip', 'install', '-q', '--no-deps', '--require-hashes', '-r', requirements]);
  await writeFile(done, '');
  return python;
}

/** Has the models and their own answers made: those that PyTorch writes only if there is one that can. */
async function makeReferences(out: string): Promise<void> {
  await run(await environment(), [path.join(HERE, 'references.py'), out], { maxBuffer: MAX_OUTPUT });
  for (const { python, scripts } of OPTIONAL) {
    for (const script of scripts) {
      // Ultralytics loads and writes files of its own in the folder in which it runs.
      const options = { cwd: out, maxBuffer: MAX_OUTPUT };
      const { stdout } = await run(python, [path.join(PROJECT, script), out], options);
      console.log(stdout);
    }
  }
}

function rowOf({ family, proposed, agreement }: ComparedFamily): string {
  return `| ${family.name} | ${family.exporter} | ${proposed} | ${family.reference}: ${agreement} |`;
}

/** The rows of families that were compared now; those of others stay as they are. */
async function writeTable(compared: readonly ComparedFamily[]): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  const [table = '', after = ''] = rest.split(END);
  const rows = ALL.flatMap((family) => {
    const now = compared.find((one) => one.family === family);
    if (now) return [rowOf(now)];
    return table.split('\n').filter((row) => row.split('|')[1]?.trim() === family.name);
  });
  const head = ['| Family | Exporter | What `inspect` proposes | Agreement |', '| --- | --- | --- | --- |'];
  await writeFile(PAGE, `${before}${BEGIN}\n${[...head, ...rows].join('\n')}\n\n${END}${after}`);
}

/** SHA-256 of each model, so that whoever makes them again knows whether they are the same. */
async function writeHashes(families: readonly ReferenceFamily[], out: string): Promise<void> {
  const known = JSON.parse(await readFile(HASHES, 'utf8').catch(() => '{}')) as Record<string, string>;
  for (const { folder } of families) {
    const model = await readFile(path.join(out, folder, 'model.onnx'));
    known[folder] = createHash('sha256').update(model).digest('hex');
  }
  await writeFile(HASHES, JSON.stringify(Object.fromEntries(Object.entries(known).sort()), null, 2));
}

async function main(): Promise<number> {
  const out = path.join(WORK, 'models');
  const only = process.argv.slice(2);
  if (only.length === 0) await makeReferences(out);
  const made = [...REFERENCE_FAMILIES, ...OPTIONAL.flatMap(({ families }) => families)];
  const families = only.length === 0 ? made : ALL.filter(({ folder }) => only.includes(folder));
  const compared: ComparedFamily[] = [];
  for (const [index, family] of families.entries()) {
    const result = await compareFamily(family, path.join(out, family.folder), path.join(WORK, `packages/${index}`));
    console.log(`${family.name}: ${result.proposed}; ${result.agreement}`);
    compared.push(result);
  }
  await writeTable(compared);
  await writeHashes(families, out);
  await run('npx', ['prettier', '--write', PAGE, HASHES], { cwd: PROJECT });
  const bad = compared.filter(({ agrees, family }) => agrees < (family.atLeast ?? 1));
  for (const { family, agreement } of bad) console.error(`${family.name}: only ${agreement}`);
  return bad.length > 0 ? 1 : 0;
}

process.exitCode = await main();
