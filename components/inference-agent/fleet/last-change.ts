import type { DeploymentResult } from '#packages/heartbeat';

import type { AgentEventName, AgentEvents } from '../events/agent-event.ts';

/** The last change of models, as heartbeats tell it; undefined for events that are none. */
export function changeOf<Name extends AgentEventName>(
  event: Name,
  facts: AgentEvents[Name],
  now: number,
): DeploymentResult | undefined {
  const change = describe({ event, facts } as AnyEvent);
  if (!change) return undefined;
  const { action, alias, name, version, reason, durationMs = 0 } = change;
  const status = reason === undefined ? 'SUCCESS' : 'FAIL';
  const desired = action === 'retire' ? 'UNDEPLOY' : 'DEPLOY';
  return {
    DeploymentName: `${action} ${alias}`,
    DeploymentStatus: status,
    ...(reason === undefined ? {} : { DeploymentStatusMessage: reason }),
    DeploymentStartTime: Math.round((now - durationMs) / 1_000),
    DeploymentEndTime: Math.round(now / 1_000),
    DeploymentModels: [
      {
        ModelHandle: alias,
        ...(name === undefined ? {} : { ModelName: name }),
        ...(version === undefined ? {} : { ModelVersion: version }),
        DesiredState: desired,
        Status: status,
        ...(reason === undefined ? { State: desired } : { StatusReason: reason }),
      },
    ],
  };
}

interface Change {
  readonly action: 'activate' | 'restore' | 'roll back' | 'retire' | 'quarantine';
  readonly alias: string;
  readonly name?: string;
  readonly version?: string;
  /** Why it failed. */
  readonly reason?: string;
  readonly durationMs?: number;
}

type AnyEvent = {
  [Name in AgentEventName]: { readonly event: Name; readonly facts: AgentEvents[Name] };
}[AgentEventName];

function describe(change: AnyEvent): Change | undefined {
  switch (change.event) {
    case 'model.activated': {
      const { alias, name, version } = change.facts.model;
      return { action: 'activate', alias, name, version, durationMs: change.facts.durationMs };
    }
    case 'model.rejected': {
      const { alias, error } = change.facts;
      return { action: 'activate', alias, reason: `${error.code}: ${error.message}` };
    }
    case 'model.restore-failed': {
      const { alias, error } = change.facts;
      return { action: 'restore', alias, reason: `${error.code}: ${error.message}` };
    }
    case 'model.quarantined': {
      const { model, reason, deaths } = change.facts;
      const { alias, name, version } = model;
      return { action: 'quarantine', alias, name, version, reason: `model.quarantined: ${deaths} deaths: ${reason}` };
    }
    case 'model.rolled-back': {
      const { alias, name, version } = change.facts.to;
      return { action: 'roll back', alias, name, version };
    }
    case 'model.retired': {
      const { alias, name, version } = change.facts.model;
      return { action: 'retire', alias, name, version };
    }
    default:
      return undefined;
  }
}
