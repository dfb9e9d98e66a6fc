// Loaded into every component before its own code (NODE_OPTIONS=--import): on SIGUSR2 it collects its garbage and writes down what is left.
// Resident memory grows with load and with what the allocator keeps; what survives a collection tells a leak from both.
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';

const folder = process.env['EDGEML_SOAK_HEAPS'];
if (folder !== undefined) {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  const file = path.join(folder, String(process.pid));
  /** @param {object} facts */
  const tell = (facts) => {
    writeFileSync(`${file}.new`, JSON.stringify(facts));
    renameSync(`${file}.new`, file);
  };
  try {
    // A process that has not written this yet would be ended by the signal.
    tell({});
    process.on('SIGUSR2', () => {
      collect();
      // Objects behind weak references go with the next one.
      setImmediate(() => (collect(), tell({ heapBytes: process.memoryUsage().heapUsed })));
    });
  } catch {
    // The process of a model may not write here, and is not asked.
  }
}
