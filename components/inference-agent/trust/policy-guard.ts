import { wireErrorOf } from '#packages/foundation';
import type { EdgeError, WireError } from '#packages/foundation';
import type { ModelIdentity } from '#packages/http';
import type { SignedPackage } from '#packages/model-package';
import { agentErrors } from '../errors.ts';
import type { Announce } from '../events/agent-event.ts';
import { judgePackage } from './judge-package.ts';
import type { VettingPolicy } from './judge-package.ts';

/** The verdict on a model's package under the present policy. */
export interface Standing {
  /** The trusted key that signed it. */
  readonly signedBy?: string;
  /** Why the policy refuses it: it would not come back at the next start. */
  readonly refusal?: WireError;
}

/** A model that serves, as far as its right to do so is concerned. */
export interface Judged {
  readonly identity: ModelIdentity;
  readonly signed: SignedPackage;
  standing: Standing;
}

export interface PolicyGuardPorts {
  serving(): readonly Judged[];
  /** Takes a model out of service at once. */
  unload(alias: string): Promise<void>;
  readonly announce: Announce;
}

/** The treatment of serving models that a changed policy would refuse. */
export type PolicyChange = 'refuse' | 'retire' | 'report';

/** Judges the models that serve again: when the configuration changes, when trusted keys do, when a model comes. */
export class PolicyGuard {
  readonly #ports: PolicyGuardPorts;

  constructor(ports: PolicyGuardPorts) {
    this.#ports = ports;
  }

  /**
   * Why a policy must not take the place of the one that holds: models that serve would not come back under it. Names them all;
   * undefined if there are none. A model that is refused already is not a reason to refuse a change.
   */
  async objection(next: VettingPolicy, now: VettingPolicy): Promise<EdgeError | undefined> {
    const refused: {
      readonly alias: string;
      readonly version: string;
      readonly code: string;
      readonly text: string;
    }[] = [];
    for (const model of this.#ports.serving()) {
      const { refusal } = await standingOf(model, next);
      if (!refusal || (await standingOf(model, now)).refusal) continue;
      const { alias, name, version } = model.identity;
      refused.push({ alias, version, code: refusal.code, text: `${alias} (${name} ${version}, ${refusal.code})` });
    }
    if (refused.length === 0) return undefined;
    const models = refused.map(({ alias, version, code }) => ({ alias, version, code }));
    const message = `models that serve would not come back under this configuration: ${refused.map(({ text }) => text).join(', ')}`;
    return agentErrors.error('config.refuses-models', message, { facts: { models } });
  }

  /** Judges by the policy that holds, tells of each model that has lost its right to serve, and ends it if that is wanted. */
  async look(policy: VettingPolicy, change: PolicyChange): Promise<void> {
    for (const model of this.#ports.serving()) {
      const before = model.standing.refusal?.code;
      model.standing = await standingOf(model, policy);
      const { refusal } = model.standing;
      if (!refusal) continue;
      const servesOn = change !== 'retire';
      if (refusal.code !== before)
        this.#ports.announce('model.disallowed', { model: model.identity, error: refusal, servesOn });
      if (!servesOn) await this.#ports.unload(model.identity.alias).catch(() => undefined);
    }
  }
}

async function standingOf({ identity, signed }: Judged, policy: VettingPolicy): Promise<Standing> {
  try {
    const verdict = await judgePackage(signed, identity.alias, policy);
    return verdict.state === 'trusted' ? { signedBy: verdict.keyId } : {};
  } catch (thrown) {
    return { refusal: wireErrorOf(thrown) };
  }
}
