import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { startAgentProcess } from '../../../testing/agent/agent-process.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';

const CALLS = ['init', 'shutdown', 'configure', 'openCloudClient', 'uploadSampleData', 'sendHeartbeat'];
const PROVIDER = `
  const call = (name) => async () => console.log('called ' + name);
  const said = Object.fromEntries(${JSON.stringify(CALLS)}.map((name) => [name, call(name)]));
  const createProvider = () => ({
    ...said,
    deviceRegistration: async () => ({ active: true, ttlSeconds: 60 }),
    networkStatus: async () => 'OK',
  });`;

it.each([
  ['CommonJS', 'provider.cjs', `${PROVIDER} module.exports = { createProvider };`],
  ['ES', 'provider.mjs', `${PROVIDER} export { createProvider };`],
])('row 102: the bundled agent goes over the provider of a %s module', async (_kind, name, text) => {
  const folder = await temporaryFolder();
  const place = join(folder.path, 'provider');
  await mkdir(place);
  await chmod(place, 0o700);
  const file = join(place, name);
  await writeFile(file, text, { mode: 0o600 });
  const agent = await startAgentProcess(join(folder.path, 'work'), {
    CloudProvider: 'Custom',
    CloudProviderPath: file,
    HeartbeatPeriodSeconds: 1,
  });
  try {
    await agent.process.line(/called sendHeartbeat/);
    agent.client.close();
    expect(await agent.process.end()).toBe(0);
    const said = agent.process.lines.flatMap((line) => /called (\w+)/.exec(line)?.[1] ?? []);
    expect([...new Set(said)]).toEqual(['init', 'configure', 'openCloudClient', 'sendHeartbeat', 'shutdown']);
  } finally {
    await agent.process.end('SIGKILL');
    await folder.remove();
  }
});
