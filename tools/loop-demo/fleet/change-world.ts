import { HOUR_MS } from '../pace.ts';
import type { DemoRun } from '../run.ts';
import type { Scene } from './factory.ts';
import type { StartedFleet } from './start-fleet.ts';

/** Lets the changing line change twice, each time until all of its devices have told, and then has them collect what is doubtful. */
export async function changeWorld({ steps, pace }: DemoRun, { devices, factory }: StartedFleet): Promise<void> {
  const changing = devices.filter(({ spec }) => spec.line === 'changing');
  const haveTold = (scene: Scene): boolean =>
    changing.every(({ spec }) => factory.alarms.some((alarm) => alarm.thing === spec.thing && alarm.scene === scene));
  await steps.run('The factory as it was', () => factory.run(pace.knownHours * HOUR_MS));
  await steps.run('A lamp fails', () => {
    factory.show('light');
    return factory.runUntil(() => haveTold('light'), pace.lightHours * HOUR_MS);
  });
  await steps.run('The lamp is repaired, a new part arrives', () => {
    factory.show('part');
    return factory.runUntil(() => haveTold('part'), pace.partHours * HOUR_MS);
  });
  await steps.run('Collect doubtful pictures of it', () => {
    for (const device of changing) device.sample('doubtful');
    return factory.run(pace.collectHours * HOUR_MS);
  });
}
