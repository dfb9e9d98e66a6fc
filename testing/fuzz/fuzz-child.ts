import { openSync, writeSync } from 'node:fs';
import { Random } from '../vision/fuzz/random.ts';
import { addToCorpus, readCorpus } from './corpus-file.ts';
import { Coverage } from './coverage.ts';
import { loadTarget } from './find-targets.ts';
import { Fuzzer } from './fuzzer.ts';
import { minimize } from './minimize.ts';

/** Last line of the child's stdout, as JSON. */
export interface FuzzReport {
  readonly inputs: number;
  /** Characters of code. */
  readonly reached: number;
  readonly corpus: number;
  readonly saved: number;
  readonly findings: readonly { readonly what: string; readonly stack: string; readonly base64: string }[];
}

/** One cause after the other; with many, the target is broken and the run is over. */
const MAX_FINDINGS = 8;

/** `fuzz-child.ts TARGET SECONDS SEED JOURNAL SAVE`: a process of its own, which an input may end or hold up. */
async function main([name = '', seconds, seed, journal = '', save]: readonly string[]): Promise<void> {
  const target = await loadTarget(name);
  const coverage = new Coverage();
  const file = openSync(journal, 'w');
  const fuzzer = new Fuzzer({
    target,
    random: new Random(Number(seed)),
    coverage,
    // The number of the input, its length, then itself: a later, shorter one leaves bytes of the former behind it.
    onInput: (input) => {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(fuzzer.inputs, 0);
      head.writeUInt32LE(input.length, 4);
      writeSync(file, Buffer.concat([head, input]), 0, 8 + input.length, 0);
    },
  });
  const until = performance.now() + Number(seconds) * 1_000;
  await fuzzer.begin([...(await target.seeds()), ...readCorpus(name)]);
  while (performance.now() < until && fuzzer.findings.size < MAX_FINDINGS) await fuzzer.step();
  const findings = [];
  for (const finding of fuzzer.findings.values()) {
    const { what, stack, input } = await minimize(target, finding);
    findings.push({ what, stack, base64: Buffer.from(input).toString('base64') });
  }
  await target.close?.();
  coverage.close();
  const kept = findings.length === 0 && save === 'save' ? addToCorpus(name, fuzzer.corpus) : 0;
  const { inputs, reached, corpus } = fuzzer;
  const report: FuzzReport = { inputs, reached, corpus: corpus.length, saved: kept, findings };
  console.log(JSON.stringify(report));
  process.exit(0);
}

await main(process.argv.slice(2));
