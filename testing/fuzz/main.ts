import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findTargets, loadTarget } from './find-targets.ts';
import { runInput } from './run-input.ts';
import { runTarget } from './run-target.ts';

const USAGE = 'usage: npm run fuzz -- TARGET…|all [--seconds N] [--seed N] [--save] [--input FILE]';

/**
 * `npm run fuzz -- npy --seconds 300`: damages inputs of a parser and keeps those that lead somewhere new. `--seconds` is for each target.
 * `--save` adds what it kept to testing/fuzz/corpus, `--input` runs one file of bytes, or of a finding's base64. Exit code 1 with a finding.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      save: { type: 'boolean', default: false },
      input: { type: 'string' },
    },
    allowPositionals: true,
  });
  const targets = findTargets();
  const names = positionals.includes('all') ? [...targets.keys()] : positionals;
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (names.length === 0 || names.some((name) => !targets.has(name)) || !(seconds > 0) || !Number.isInteger(seed)) {
    console.error(USAGE);
    for (const name of targets.keys()) console.error(`  ${name.padEnd(16)}${(await loadTarget(name)).about}`);
    return 2;
  }
  if (values.input !== undefined) {
    const target = await loadTarget(names[0]!);
    const finding = await runInput(target, bytesOf(values.input));
    await target.close?.();
    console.log(finding ? `${finding.what}\n${finding.stack}` : 'nothing is wrong with it');
    return finding ? 1 : 0;
  }
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort(new Error(name)));
  console.log('target            inputs  per second  reached  corpus  saved  findings');
  let found = 0;
  for (const name of names) {
    const report = await runTarget({ name, seconds, seed, save: values.save, signal: ended.signal });
    const { inputs, reached, corpus, saved, findings } = report;
    const figures = [
      [inputs, 8],
      [Math.round(inputs / seconds), 12],
      [reached, 9],
      [corpus, 8],
      [saved, 7],
    ] as const;
    const row = figures.map(([figure, width]) => String(figure).padStart(width)).join('');
    console.log(`${name.padEnd(16)}${row}${String(findings.length).padStart(10)}`);
    for (const { what, stack, base64 } of findings) console.log(`\n${what}\n${stack}\ninput: ${base64}\n`);
    found += findings.length;
  }
  return found === 0 ? 0 : 1;
}

/** A file of base64 only is read as what it stands for. */
function bytesOf(file: string): Uint8Array {
  const bytes = readFileSync(file);
  const text = bytes.toString('latin1').trim();
  return Uint8Array.from(/^[A-Za-z0-9+/]+=*$/.test(text) ? Buffer.from(text, 'base64') : bytes);
}

process.exitCode = await main();
