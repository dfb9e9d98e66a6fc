import { messageOf } from '#packages/foundation';
import { backgroundSubscriber } from '#packages/ipc';
import { updateDeferral } from '../ipc/update-deferral.ts';
import type { AgentOptions } from './agent.ts';

/**
 * Tells the nucleus that the agent runs, and has it wait with updates while models change. The overlay expects a change with each
 * deployment and each new connection, until the returned function is called.
 */
export function joinNucleus({ ipc, overlay, clock, log }: AgentOptions, isBusy: () => boolean): () => void {
  const deferral = updateDeferral(clock, isBusy);
  const onUpdate = (): ReturnType<typeof deferral> => {
    overlay.expectChange();
    return deferral();
  };
  backgroundSubscriber(log)('component updates', ipc.onComponentUpdate(onUpdate));
  const stopExpecting = ipc.onState((state) => {
    if (state === 'connected') overlay.expectChange();
  });
  ipc
    .updateState('RUNNING')
    .catch((error: unknown) => log.debug({ reason: messageOf(error) }, 'ipc.state-not-updated'));
  return stopExpecting;
}
