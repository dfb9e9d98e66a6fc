import process from 'node:process';
import { expect, it } from 'vitest';
import { checkProviders } from './providers.ts';

/** Says where it would look for components, as the reason why a provider does not work. */
const ECHO = `console.log(JSON.stringify({provider: process.argv[1], works: process.argv[1] === 'cpu', reason: process.env.EDGEML_COMPONENTS, ms: 1}))`;

it('tries every provider with the components that are installed, and wants those that are asked for', async () => {
  const command = { file: process.execPath, words: ['-e', ECHO] };
  const findings = await checkProviders(command, ['openvino', 'cpu'], '/greengrass/v2', new AbortController().signal);
  const found = new Map(findings.map((one) => [one.name, one]));
  expect(found.get('cpu')).toMatchObject({ state: 'ok' });
  expect(found.get('openvino')).toMatchObject({ state: 'error', says: 'does not work: /greengrass/v2/work' });
  expect(found.get('qnn')).toMatchObject({ state: 'info' });
});
