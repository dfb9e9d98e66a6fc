import type { Logger } from '#packages/foundation';
import type { AgentEventName, AgentEvents, Announce } from '../events/agent-event.ts';

/**
 * Events of the registry of challengers, under names of their own: nobody who watches models that serve must take a challenger for
 * one. The rest is only logged.
 */
export function challengerAnnouncer(announce: Announce, log: Logger): Announce {
  return (event, facts) => {
    const tell = TOLD[event] as ((facts: unknown, announce: Announce) => void) | undefined;
    if (tell) tell(facts, announce);
    else log.info({ ...facts, role: 'challenger' }, event);
  };
}

type Tell<Name extends AgentEventName> = (facts: AgentEvents[Name], announce: Announce) => void;

const TOLD: { readonly [Name in AgentEventName]?: Tell<Name> } = {
  'model.activated': ({ model, provider, variant }, announce) =>
    announce('challenger.activated', { model, provider, variant }),
  'model.restored': ({ model, provider, variant }, announce) =>
    announce('challenger.activated', { model, provider, variant }),
  'model.rejected': ({ alias, path, error }, announce) => announce('challenger.rejected', { alias, path, error }),
  'model.restore-failed': ({ alias, error }, announce) => announce('challenger.rejected', { alias, error }),
  'model.fault': (facts, announce) => announce('challenger.fault', facts),
  'model.quarantined': ({ model, reason, deaths }, announce) =>
    announce('challenger.quarantined', { model, reason, deaths }),
  'model.disallowed': ({ model, error }, announce) => announce('challenger.disallowed', { model, error }),
  'model.retired': ({ model }, announce) => announce('challenger.ended', { model }),
};
