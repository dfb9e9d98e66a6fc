import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_PACKAGE_LIMITS } from '#packages/model-package';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { PackageStore } from './package-store.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

describe.runIf(process.platform !== 'win32')('the folder of the store', () => {
  it("can be entered by the agent's user alone, also if it was there before", async () => {
    const models = join(folder.path, 'models');
    const bounds = () => ({ maxBytes: 1, minFreeBytes: 0, package: DEFAULT_PACKAGE_LIMITS });
    const mode = async () => ((await stat(models)).mode & 0o777).toString(8);
    await new PackageStore({ folder: models, bounds }).open();
    expect(await mode()).toBe('700');
    await mkdir(join(models, 'Parts'));
    await chmod(models, 0o755);
    await new PackageStore({ folder: models, bounds }).open();
    expect(await mode()).toBe('700');
  });
});
