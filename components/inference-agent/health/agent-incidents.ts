import { silentLogger } from '#packages/foundation';
import type { Clock, IncidentFacts, Incidents, WireError } from '#packages/foundation';
import type { ModelIdentity, ModelStatus } from '#packages/http';
import { agentErrors } from '../errors.ts';
import type { AgentEventName, AgentEvents } from '../events/agent-event.ts';
import { modelFacts } from './model-facts.ts';

export interface AgentIncidentsPorts {
  readonly incidents: Incidents;
  readonly models: () => readonly ModelStatus[];
  readonly quarantine: {
    aliases(): readonly string[];
    refusal(alias: string): (Error & { readonly todo: string }) | undefined;
  };
  /** Models that are in service and answer nobody. */
  readonly stalled: { facts(): ReadonlyMap<string, IncidentFacts> };
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Processes that were lost longer ago than this are forgotten. */
const FAULT_MS = 10 * 60_000;

/** After these a package of the alias serves. */
const SERVING_EVENTS: readonly AgentEventName[] = ['model.activated', 'model.restored', 'model.rolled-back'];

/** Incidents of the models: most show in the models that serve, and the rest are remembered from events. */
export class AgentIncidents {
  readonly #ports: AgentIncidentsPorts;
  /** Packages that were refused and not followed by one that serves, by alias. */
  readonly #refused = new Map<string, IncidentFacts>();
  readonly #faults = new Map<string, Fault>();

  constructor(ports: AgentIncidentsPorts) {
    this.#ports = ports;
  }

  /** To be called with every event; the list of models need not show its outcome yet. */
  observe<Name extends AgentEventName>(event: Name, facts: AgentEvents[Name]): void {
    this.#remember(event, facts);
    queueMicrotask(() => this.look());
  }

  /** Looks at everything again. */
  look(): void {
    const { incidents, models, quarantine, stalled } = this.#ports;
    this.#forgetOldFaults();
    const found = modelFacts(models());
    for (const [event, bySubject] of found) incidents.replace(event, bySubject, silentLogger);
    incidents.replace('model.quarantined', quarantined(quarantine, models()), silentLogger);
    incidents.replace('model.rejected', this.#refused, silentLogger);
    incidents.replace('model.fault', faultFacts(this.#faults), silentLogger);
    incidents.replace('model.stalled', stalled.facts());
  }

  #remember(event: AgentEventName, facts: AgentEvents[AgentEventName]): void {
    const { clock } = this.#ports;
    if (event === 'model.rejected' || event === 'model.restore-failed') {
      const { alias, error, serving } = facts as Partial<AgentEvents['model.rejected']> & RefusedFacts;
      this.#refused.set(`package for ${alias}`, refusedFacts(alias, error, serving?.version));
    }
    if (SERVING_EVENTS.includes(event)) {
      const { model, to } = facts as { readonly model?: ModelIdentity; readonly to?: ModelIdentity };
      const alias = (model ?? to)?.alias ?? '';
      this.#refused.delete(`package for ${alias}`);
      if (event === 'model.activated') this.#faults.delete(alias);
    }
    if (event === 'model.fault') {
      const { model, message } = facts as AgentEvents['model.fault'];
      const count = (this.#faults.get(model.alias)?.count ?? 0) + 1;
      this.#faults.set(model.alias, { count, message, at: clock.monotonic() });
    }
    if (event === 'quarantine.not-kept') {
      const { error } = facts as AgentEvents['quarantine.not-kept'];
      const message = `a restart of the agent would not know which models are in quarantine: ${error.message}`;
      this.#replace(event, 'quarantine', { message, todo: error.todo, severity: 'error' });
    }
    if (event === 'configuration.rejected') {
      const { error } = facts as AgentEvents['configuration.rejected'];
      const message = `the configuration is not taken, the one before holds: ${error.message}`;
      this.#replace(event, 'configuration', { message, todo: error.todo, severity: 'error' });
    }
    if (event === 'configuration.applied') this.#ports.incidents.forget('configuration');
  }

  /** The event is in the log already. */
  #replace(event: string, subject: string, facts: IncidentFacts): void {
    this.#ports.incidents.replace(event, new Map([[subject, facts]]), silentLogger);
  }

  #forgetOldFaults(): void {
    const now = this.#ports.clock.monotonic();
    for (const [alias, { at }] of this.#faults) if (now - at > FAULT_MS) this.#faults.delete(alias);
  }
}

interface RefusedFacts {
  readonly alias: string;
  readonly error: WireError;
}

interface Fault {
  readonly count: number;
  readonly message: string;
  readonly at: number;
}

function refusedFacts(alias: string, error: WireError, serving: string | undefined): IncidentFacts {
  const instead = serving === undefined ? 'nothing serves in its place' : `${serving} serves on`;
  return {
    message: `a package for ${alias} was refused, ${instead}: ${error.message}`,
    todo: error.todo,
    severity: 'error',
  };
}

function quarantined(
  quarantine: AgentIncidentsPorts['quarantine'],
  models: readonly ModelStatus[],
): ReadonlyMap<string, IncidentFacts> {
  const { todo } = agentErrors.entries['model.quarantined'];
  return new Map(
    quarantine.aliases().flatMap((alias) => {
      const refusal = quarantine.refusal(alias);
      if (!refusal) return [];
      const former = models.find((model) => model.alias === alias);
      const instead = former ? `${former.version} serves in its place` : 'nothing serves in its place';
      return [
        [`model ${alias}`, { message: `${refusal.message}; ${instead}`, todo, severity: 'error' as const }] as const,
      ];
    }),
  );
}

function faultFacts(faults: ReadonlyMap<string, Fault>): ReadonlyMap<string, IncidentFacts> {
  return new Map(
    [...faults].map(([alias, { count, message }]) => {
      const times = count === 1 ? 'a process' : `${count} processes`;
      return [`processes of ${alias}`, { message: `${times} of ${alias} ended recently: ${message}` }] as const;
    }),
  );
}
