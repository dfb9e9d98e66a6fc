import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Serial } from '#packages/foundation';
import { PYTHON } from '../outside-data/python.ts';
import { PYTHON_CLIENT } from './caller.ts';
import type { Call, Caller, Outcome } from './caller.ts';

function pythonEnvironment(): Readonly<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '', PYTHONPATH: PYTHON_CLIENT, PYTHONDONTWRITEBYTECODE: '1' };
}

/** The Python client in its own process, from its folder, without being installed. */
export function pythonCaller(): Caller {
  const child = spawn(PYTHON, ['-W', 'error', path.join(import.meta.dirname, 'caller.py')], {
    env: pythonEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`Python ended with ${code}: ${said}`)));
  });
  ended.catch(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exchanges = new Serial();
  return {
    call(call: Call) {
      return exchanges.run(async () => {
        child.stdin.write(`${JSON.stringify(call)}\n`);
        const line = await Promise.race([lines.next(), ended]);
        return JSON.parse(String(line.value)) as Outcome;
      });
    },
    async close() {
      child.stdin.end();
      await ended.catch(() => undefined);
    },
  };
}
