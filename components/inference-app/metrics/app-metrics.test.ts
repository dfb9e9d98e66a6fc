import { describe, expect, it } from 'vitest';
import { Statistics } from '../statistics/statistics.ts';
import { AppMetrics } from './app-metrics.ts';

describe('AppMetrics', () => {
  it('tells what really decodes, whether frames come, and what the motion gate does, of each source', async () => {
    const statistics = new Statistics();
    const metrics = new AppMetrics(statistics);
    const door = statistics.source('door');
    door.came();
    door.came();
    door.restarts = 3;
    door.decoding = { codec: 'h264', decoder: 'software', why: 'vaapi: no device' };
    door.motion = () => ({ isMoving: true, moved: 1, due: 0, unchanged: 7, changedShare: 0.1 });
    statistics.source('yard').restarts = 1;
    statistics.count('frames', 9);
    statistics.skip('unchanged', 7, 'door');
    door.resizes = 2;
    door.frameMemory = { where: 'own', bytes: 300 };
    door.commandPid = process.pid;

    const lines = (await metrics.text()).split('\n');

    for (const line of [
      'edgeml_app_frames_total 9',
      'edgeml_app_skipped_total{reason="unchanged"} 7',
      'edgeml_app_source_skipped_total{reason="unchanged",source="door"} 7',
      'edgeml_app_source_resizes_total{source="door"} 2',
      'edgeml_app_source_frame_memory_bytes{where="own",source="door"} 300',
      'edgeml_app_source_up{source="door"} 1',
      'edgeml_app_source_up{source="yard"} 0',
      'edgeml_app_source_frames_total{source="door"} 2',
      'edgeml_app_source_restarts_total{source="door"} 3',
      'edgeml_app_source_decoder{codec="h264",decoder="software",source="door"} 1',
      'edgeml_app_source_moves{source="door"} 1',
      'edgeml_app_source_gate_frames_total{verdict="unchanged",source="door"} 7',
    ]) {
      expect(lines).toContain(line);
    }
    const number = (name: string): number =>
      Number(
        lines
          .find((line) => line.startsWith(name))
          ?.split(' ')
          .at(-1),
      );
    if (process.platform === 'linux') {
      expect(number('edgeml_app_source_command_memory_bytes{source="door"}')).toBeGreaterThan(1e6);
      expect(number('edgeml_app_open_descriptors')).toBeGreaterThan(2);
    }
    expect(lines.join('\n')).not.toMatch(/source_moves\{source="yard"/);
  });

  it('counts the time from frame to result by source, until the source ends', async () => {
    const statistics = new Statistics();
    const metrics = new AppMetrics(statistics);
    metrics.published('door', 35);
    metrics.published('door', 120);

    const text = await metrics.text();
    expect(text).toContain('edgeml_app_result_seconds_bucket{le="0.03",source="door"} 0');
    expect(text).toContain('edgeml_app_result_seconds_bucket{le="0.04",source="door"} 1');
    expect(text).toContain('edgeml_app_result_seconds_count{source="door"} 2');

    statistics.source('door');
    statistics.forget('door');
    metrics.forget('door');
    expect(await metrics.text()).not.toContain('source="door"');
  });
});
