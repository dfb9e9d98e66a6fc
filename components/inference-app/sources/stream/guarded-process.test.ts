import { buffer } from 'node:stream/consumers';
import { afterEach, expect, it, vi } from 'vitest';
import { startGuarded } from './guarded-process.ts';

afterEach(() => vi.unstubAllEnvs());

it('keeps the component’s credentials and the settings of its own memory from the command', async () => {
  vi.stubEnv('SVCUID', 'a-token');
  vi.stubEnv('MALLOC_MMAP_THRESHOLD_', '131072');
  vi.stubEnv('NODE_OPTIONS', '--max-semi-space-size=1');
  vi.stubEnv('LIBVA_DRIVER_NAME', 'iHD');
  const command = startGuarded('env', [], { environment: { ADDED: 'yes' } });
  const printed = (await buffer(command.stdout!)).toString();
  expect(await command.ended).toEqual({ kind: 'ended', code: 0 });
  expect(printed).toMatch(/^LIBVA_DRIVER_NAME=iHD$/m);
  expect(printed).toMatch(/^ADDED=yes$/m);
  expect(printed).not.toMatch(/^(SVCUID|MALLOC_MMAP_THRESHOLD_|NODE_OPTIONS)=/m);
});
