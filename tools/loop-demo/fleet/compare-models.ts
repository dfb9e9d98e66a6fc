import { performance } from 'node:perf_hooks';
import { waitingClock } from '../clock.ts';
import { HOUR_MS } from '../pace.ts';
import type { DemoResult } from '../result.ts';
import type { DemoRun } from '../run.ts';
import { BAD, CHALLENGER_COMPONENT, GOOD } from '../settings.ts';
import { challengerPlan, modelPlan, Promotions } from './promotions.ts';
import type { StartedFleet } from './start-fleet.ts';

export type Comparison = Pick<DemoResult, 'bad' | 'challenger' | 'good' | 'serving'>;

/** Tries both new models as challengers on the canaries, and takes the good one to all rings. */
export async function compareModels(run: DemoRun, started: StartedFleet): Promise<Comparison> {
  const { steps, folder, signal, say, pace } = run;
  const { fleet, devices, factory, clock } = started;
  const waiting = waitingClock(clock, (ms) => factory.run(ms));
  const promotions = new Promotions(fleet, folder, waiting, signal, (stage, { reason }) =>
    say(`  ${stage}: ${reason}`),
  );
  const bad = await steps.run('The bad model as a challenger on the canaries', async () => {
    const [began, minutes] = [performance.now(), factory.minutes];
    const state = await promotions.run(challengerPlan(BAD));
    await factory.follow();
    return {
      state,
      seconds: (performance.now() - began) / 1_000,
      minutes: factory.minutes - minutes,
      stillRuns: devices.filter(({ hasChallenger }) => hasChallenger).length,
    };
  });
  const challenger = await steps.run('The new model as a challenger on the canaries', () =>
    promotions.run(challengerPlan(GOOD)),
  );
  await fleet.deploy('canary', {}, [CHALLENGER_COMPONENT]);
  if (challenger.status !== 'done') return { bad, challenger, serving: await fleet.serving(clock.now()) };
  const good = await steps.run('The new model in all rings', () => promotions.run(modelPlan(GOOD)));
  await steps.run('The factory with the new model', () => {
    factory.showEverywhere('part');
    return factory.run(pace.afterHours * HOUR_MS);
  });
  return { bad, challenger, good, serving: await fleet.serving(clock.now()) };
}
