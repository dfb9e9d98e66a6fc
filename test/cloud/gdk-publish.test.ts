import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPONENTS } from '../../tools/bundle/components.ts';
import { readRecipe } from '../../tools/bundle/recipe-source.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { gdk } from '../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { gdkProject } from '../../testing/gdk/gdk-project.ts';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { runCommand } from '../../testing/process/run-command.ts';

const run = promisify(execFile);
/** The runtime is left out: its build for publishing fetches every platform. */
const FOLDERS = COMPONENTS.filter(({ name }) => name !== 'edgeml.Runtime');
/** gdk adds region and account to the bucket of gdk-config.json. */
const BUCKET = 'edgeml-components-us-east-1-123456789012';

describe('gdk component publish', await needs(gdk, awsModels), () => {
  let aws: AwsStandIn;
  let root: string;
  beforeAll(async () => {
    aws = await startAwsStandIn();
    root = await mkdtemp(path.join(tmpdir(), 'edgeml-gdk-'));
  });
  afterAll(async () => {
    await aws.close();
    await rm(root, { recursive: true, force: true });
  });

  it.each(FOLDERS)(
    '$name: gdk builds and publishes what edgeml publish then finds published',
    async ({ name, folder }) => {
      const cwd = await gdkProject(root, folder);
      const env = { ...process.env, ...aws.environment, AWS_DEFAULT_REGION: 'us-east-1' };
      await run('gdk', ['component', 'build'], { cwd, env, timeout: PATIENCE_MS });
      await run('gdk', ['component', 'publish'], { cwd, env, timeout: PATIENCE_MS });
      const stored = [...aws.greengrass.components.values()].find((component) => component.name === name);
      expect(stored).toMatchObject({ version: (await readRecipe(name)).version, failure: undefined });
      const uri = /s3:\/\/([^/"]+)\/([^"]+)/.exec(JSON.stringify(stored?.recipe)) ?? [];
      expect(uri[1]).toBe(BUCKET);
      await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: uri[2] ?? '' }));

      const build = path.join(cwd, 'greengrass-build');
      const again = await runCommand(['publish', '--bucket', BUCKET, '--build', build, '--json'], aws.environment);
      expect(again.json, again.stderr).toMatchObject([
        { component: name, outcome: expect.stringMatching(/unchanged|published/) as string, uploadedBytes: 0 },
      ]);
      expect(aws.violations).toEqual([]);
    },
  );
});
