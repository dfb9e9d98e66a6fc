import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROJECT } from '../../tools/bundle/project.ts';

const ATTEMPTS = 3;
/** Ten times as long as it takes. Three of them are below the limit of a test. */
const LIMIT_MS = 150_000;

interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly failureMessages: readonly string[] }[];
  }[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-sdk-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The tests' report, or undefined if their process was lost on the way. */
async function runSuite(attempt: number): Promise<Report | undefined> {
  const file = path.join(folder, `${attempt}.json`);
  const vitest = path.join(PROJECT, 'node_modules/vitest/vitest.mjs');
  const config = 'testing/ipc/sdk-session-suite.config.ts';
  const words = [vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${file}`];
  // A separate group: the process that the SDK has stopped for good is a child of this one.
  const child = spawn(process.execPath, words, { cwd: PROJECT, detached: true, stdio: 'ignore' });
  const killAll = (): void => void process.kill(-Number(child.pid), 'SIGKILL');
  const limit = setTimeout(killAll, LIMIT_MS);
  await once(child, 'exit');
  clearTimeout(limit);
  const report = await readFile(file, 'utf8').catch(() => undefined);
  return report === undefined ? undefined : (JSON.parse(report) as Report);
}

/**
 * The device SDK's native client corrupts the memory of its process now and then when servers hang up, and ends it or, inside
 * its own handler of that signal, stops it for good. So its process is not that of other tests, and a lost one is not an answer: the suite
 * is run again. A test that fails is not.
 */
it('a session over the official SDK passes the conformance suite', async () => {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const report = await runSuite(attempt);
    const failures = report?.testResults.flatMap(({ assertionResults }) =>
      assertionResults.flatMap(({ fullName, failureMessages }) =>
        failureMessages.map((text) => `${fullName}: ${text}`),
      ),
    );
    expect(failures ?? []).toEqual([]);
    if (report && report.numTotalTests > 0 && report.numPassedTests === report.numTotalTests) return;
  }
  throw new Error(`the process of the suite was lost ${ATTEMPTS} times`);
});
