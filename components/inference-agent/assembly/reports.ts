import { Incidents } from '#packages/foundation';
import { incidentNews } from '#packages/ipc';
import { Announcer } from '../events/announcer.ts';
import { AgentMetrics } from '../metrics/agent-metrics.ts';
import { COMPONENT } from '../settings/live-configuration.ts';
import type { AgentOptions } from './agent.ts';

/** The three ways in which the agent reports. They are made first, so that every part can. */
export interface Reports {
  /** Problems of now. */
  readonly incidents: Incidents;
  /** Tells events; parts that follow them listen. */
  readonly events: Announcer;
  /** How often, and how much. */
  readonly metrics: AgentMetrics;
}

export function agentReports({ ipc, thing, clock, log }: AgentOptions): Reports {
  const incidents = new Incidents(log, {
    clock,
    onChange: incidentNews({ ipc, clock, log, thing, component: COMPONENT }),
  });
  const metrics = new AgentMetrics();
  const events = new Announcer({ ipc, clock, log, thing, onLost: (channel) => metrics.eventLost(channel) });
  events.listen((event, facts) => {
    metrics.event(event);
    if ('swapGapMs' in facts) metrics.swapped(facts.to.alias, facts.swapGapMs, facts.requestsLost);
  });
  return { incidents, events, metrics };
}
