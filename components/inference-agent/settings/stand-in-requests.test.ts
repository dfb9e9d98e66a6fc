import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { StandInRequests } from './stand-in-requests.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let asked: string[];
let warnings: string[];
let served: string | undefined;
let fault: Error | undefined;
let requests: StandInRequests;

beforeEach(async () => {
  folder = await temporaryFolder();
  [asked, warnings, served, fault] = [[], [], '/tmp/edge.sock', undefined];
  requests = new StandInRequests({
    folder: folder.path,
    served: () => served,
    onRequest: async (component) => {
      asked.push(component);
      if (fault) throw fault;
    },
    log: { ...silentLogger, warn: (_facts, event) => void warnings.push(event) },
  });
});
afterEach(() => folder.remove());

const request = (line: string) => writeFile(join(folder.path, 'stand-in.request'), line);
const answer = () => readFile(join(folder.path, 'stand-in.answer'), 'utf8').catch(() => undefined);

describe('StandInRequests', () => {
  it('answers each request once, with the socket that listens', async () => {
    await request('7.1 edgeml.EdgeManager\n');
    await requests.look();
    await requests.look();
    expect(asked).toEqual(['edgeml.EdgeManager']);
    expect(await answer()).toBe('7.1 /tmp/edge.sock\n');
  });

  it('waits with its answer until clients are served', async () => {
    served = undefined;
    await request('7.1 edgeml.EdgeManager\n');
    await requests.look();
    expect(await answer()).toBeUndefined();
    served = 'off';
    await requests.answer();
    expect(await answer()).toBe('7.1 off\n');
  });

  it('takes a request again that the nucleus kept from being taken, and says so', async () => {
    fault = new Error('the nucleus is away');
    await request('7.1 edgeml.EdgeManager\n');
    await requests.look();
    expect([warnings, await answer()]).toEqual([['edge-manager.request-not-taken'], undefined]);
    fault = undefined;
    await requests.look();
    expect(await answer()).toBe('7.1 /tmp/edge.sock\n');
  });

  it.each(['', 'only-an-id\n'])('ignores a file that does not hold a request: "%s"', async (text) => {
    await request(text);
    await requests.look();
    expect(asked).toEqual([]);
  });
});
