import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResultMessage } from '#packages/http';
import { askSocket } from '../../../../testing/agent/ask-socket.ts';
import { AppRig, eventually } from '../../../../testing/app/app-rig.ts';

const FRAME_BYTES = (64 * 48 * 3) / 2;
const FOREVER = 1_000;

/** A camera that is these lines of a shell. */
function camera(lines: string, settings: object = {}): object {
  const Pipeline = { Command: ['sh', '-c', lines], Width: 64, Height: 48 };
  return { Type: 'pipeline', Pipeline, Services: ['Parts'], NoFrameSeconds: 3_600, ...settings };
}

describe.skipIf(process.platform === 'win32')('cameras side by side', () => {
  let rig: AppRig;
  beforeEach(async () => {
    rig = await AppRig.open();
    rig.agent.active = ['Parts'];
  });
  afterEach(() => rig.close());

  const resultsOf = (source: string): readonly ResultMessage[] =>
    rig
      .payloads('edgeml/gate-7/results/Parts')
      .map((text) => JSON.parse(text) as ResultMessage)
      .filter((result) => result.source === source);

  it('a dead, a slow, a stuck and a broken one cost a good one nothing, and metrics tell them apart', async () => {
    const frame = `head -c ${FRAME_BYTES} /dev/zero`;
    await rig.start({
      Annotate: { Enabled: false },
      Sources: {
        good: camera(`while :; do ${frame}; sleep 0.05; done`),
        dead: camera(`exec sleep ${FOREVER}`, { NoFrameSeconds: 0.2 }),
        slow: camera(`while :; do ${frame}; sleep 1; done`),
        stuck: camera(`head -c ${FRAME_BYTES / 2} /dev/zero; exec sleep ${FOREVER}`),
        broken: camera('echo no camera >&2; exit 1'),
      },
    });
    await eventually(() => resultsOf('good').length >= 40 && resultsOf('slow').length >= 2);
    const restarted = (source: string): RegExp =>
      new RegExp(`^edgeml_app_source_restarts_total\\{source="${source}"\\} [1-9]`, 'm');
    const metrics = async (): Promise<string> =>
      (await askSocket(join(rig.work, 'app.sock'), { method: 'GET', path: '/metrics' })).body;
    for (const source of ['dead', 'broken']) await expect.poll(metrics).toMatch(restarted(source));

    const images = resultsOf('good').map(({ image }) => Number(/\d+/.exec(image)?.[0]));
    expect(images).toEqual([...images].sort((a, b) => a - b));
    const body = await metrics();
    const valueOf = (metric: string, source: string): number =>
      Number(new RegExp(`^edgeml_app_${metric}\\{source="${source}"\\} (\\S+)$`, 'm').exec(body)?.[1]);
    // Each frame without a result gave way to a fresher one while the machine was busy, and is counted.
    const skipped = body.matchAll(/^edgeml_app_source_skipped_total\{reason="[a-z-]+",source="good"\} (\d+)$/gm);
    const gaveWay = [...skipped].reduce((sum, [, value]) => sum + Number(value), 0);
    expect(images.at(-1)! - images.length).toBeLessThanOrEqual(gaveWay);
    expect(['good', 'slow', 'dead', 'stuck', 'broken'].map((source) => valueOf('source_up', source))).toEqual([
      1, 1, 0, 0, 0,
    ]);
    expect(valueOf('source_restarts_total', 'good')).toBe(0);
    expect(valueOf('result_seconds_count', 'good')).toBeGreaterThanOrEqual(40);
    expect(valueOf('result_seconds_count', 'slow')).toBeGreaterThanOrEqual(2);
  });
});
