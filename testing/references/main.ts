import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../../tools/bundle/project.ts';
import { compareFamily } from './compare-family.ts';
import type { ComparedFamily } from './compare-family.ts';
import { REFERENCE_FAMILIES, TORCH_FAMILIES } from './families.ts';

/**
 * `npm run references`: makes the models' own answers in a virtual environment, compares ours, and writes the table of docs/models.md.
 * `EDGEML_TORCH_PYTHON` names a Python with PyTorch and Transformers, without which rows of TORCH_FAMILIES stay as they are.
 * Exit code 1 if a family agrees less than the table said before.
 */
const HERE = import.meta.dirname;
const WORK = path.join(PROJECT, '.references');
const PAGE = path.join(PROJECT, 'docs/models.md');
const [BEGIN, END] = ['<!-- Written by `npm run references`: -->\n', '<!-- End of the table of references. -->'];
const TORCH_PYTHON = process.env['EDGEML_TORCH_PYTHON'];
const PYTHON = process.env['EDGEML_PYTHON'] ?? 'python3';
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

function tableOf(families: readonly ComparedFamily[], kept: readonly string[]): string {
  const rows = families.map(
    ({ family, proposed, agreement }) =>
      `| ${family.name} | ${family.exporter} | ${proposed} | ${family.reference}: ${agreement} |`,
  );
  return [
    '| Family | Exporter | What `inspect` proposes | Agreement |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...kept,
  ].join('\n');
}

async function main(): Promise<number> {
  const python = await environment();
  const out = path.join(WORK, 'models');
  await run(python, [path.join(HERE, 'references.py'), out], { maxBuffer: 16 * 1024 ** 2 });
  const compared: ComparedFamily[] = [];
  if (TORCH_PYTHON !== undefined) {
    const script = path.join(PROJECT, 'testing/vision/reference/make_query_detectors_reference.py');
    const { stdout } = await run(TORCH_PYTHON, [script, out], { maxBuffer: 16 * 1024 ** 2 });
    console.log(stdout);
  }
  const families = TORCH_PYTHON === undefined ? REFERENCE_FAMILIES : [...REFERENCE_FAMILIES, ...TORCH_FAMILIES];
  for (const [index, family] of families.entries()) {
    const result = await compareFamily(family, path.join(out, family.folder), path.join(WORK, `packages/${index}`));
    console.log(`${family.name}: ${result.proposed}; ${result.agreement}`);
    compared.push(result);
  }
  const page = await readFile(PAGE, 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  const [, after = ''] = rest.split(END);
  const others = TORCH_PYTHON === undefined ? TORCH_FAMILIES : [];
  const kept = rest.split('\n').filter((row) => others.some(({ name }) => row.startsWith(`| ${name} `)));
  await writeFile(PAGE, `${before}${BEGIN}\n${tableOf(compared, kept)}\n\n${END}${after}`);
  await run('npx', ['prettier', '--write', PAGE], { cwd: PROJECT });
  const bad = compared.filter(({ agrees, family }) => agrees < (family.atLeast ?? 1));
  for (const { family, agreement } of bad) console.error(`${family.name}: only ${agreement}`);
  return bad.length > 0 ? 1 : 0;
}

process.exitCode = await main();
