import { Serial } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { AgentConfiguration } from '../config.ts';
import { PolicyGuard } from '../trust/policy-guard.ts';
import type { AgentOptions } from './agent.ts';
import type { AgentPolicy } from './agent-policy.ts';
import type { Reports } from './reports.ts';
import type { Serving } from './serving.ts';

export interface PolicyWatchParts {
  readonly policy: AgentPolicy;
  readonly reports: Pick<Reports, 'events'>;
  readonly serving: Pick<Serving, 'registry' | 'challengers'>;
}

/** Whether the models that run would still be taken. */
export interface PolicyWatch {
  /** Judges all of them again, after what is being judged. Returns at once. */
  look(): void;
  /** Why the configuration must not be taken; undefined if it may. */
  objection(next: AgentConfiguration): Promise<EdgeError | undefined>;
}

export function watchPolicy({ configuration }: AgentOptions, parts: PolicyWatchParts): PolicyWatch {
  const { policy, reports, serving } = parts;
  const { registry, challengers } = serving;
  const guard = new PolicyGuard({
    serving: () => registry.serving(),
    unload: (alias) => registry.unload(alias),
    announce: reports.events.announce,
  });
  const turns = new Serial();
  return {
    look() {
      void turns.run(async () => {
        await guard.look(policy.now(), configuration.current.PolicyChange);
        await challengers.judge();
      });
    },
    objection: async (next) =>
      next.PolicyChange === 'refuse' ? guard.objection(policy.of(next), policy.now()) : undefined,
  };
}
