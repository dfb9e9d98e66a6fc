import { join } from 'node:path';
import { ModelRegistry } from '../registry/model-registry.ts';
import { Quarantine } from '../registry/quarantine.ts';
import type { RegistryPolicy, RegistryPorts } from '../registry/registry-ports.ts';
import { PackageStore } from '../store/package-store.ts';
import type { StoreBounds } from '../store/package-store.ts';
import { PolicyGuard } from '../trust/policy-guard.ts';
import { challengerAnnouncer } from './challenger-events.ts';
import { challengerPolicy } from './challenger-policy.ts';
import { Challengers } from './challengers.ts';
import type { ChallengersPorts } from './challengers.ts';

export interface OpenChallengersPorts
  extends
    Omit<ChallengersPorts, 'registry'>,
    Pick<RegistryPorts, 'announce' | 'keys' | 'openInstance' | 'minimums' | 'freeMemory' | 'loadTurns'> {
  readonly workFolder: string;
  readonly storeBounds: () => StoreBounds;
  /** Of models that serve; challengers follow it. */
  readonly policy: () => RegistryPolicy;
}

/** Challengers with a registry, a store and a quarantine of their own, so that nothing that happens to them reaches a model that serves. */
export interface OpenChallengers {
  readonly challengers: Challengers;
  readonly registry: ModelRegistry;
  /** Brings back those of the last run, after all that serves. Never rejects. */
  restore(): Promise<void>;
  /** Ends those that the policy would refuse. */
  judge(): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}

export async function openChallengers(ports: OpenChallengersPorts): Promise<OpenChallengers> {
  const { workFolder, clock, random, log } = ports;
  const announce = challengerAnnouncer(ports.announce, log);
  const store = new PackageStore({ folder: join(workFolder, 'challengers'), bounds: ports.storeBounds });
  const quarantine = new Quarantine({
    file: join(workFolder, 'challenger-quarantine.json'),
    clock,
    random,
    onNotKept: (error) => announce('quarantine.not-kept', { error: error.toJSON() }),
  });
  await quarantine.open();
  await store.open();
  const policy = (): RegistryPolicy => challengerPolicy(ports.policy());
  const registry = new ModelRegistry({
    ...ports,
    announce,
    store,
    quarantine,
    policy,
    role: 'challenger',
    onChange: () => undefined,
  });
  const serving = () => registry.serving();
  const guard = new PolicyGuard({ serving, unload: (alias) => registry.unload(alias), announce });
  return {
    challengers: new Challengers({ ...ports, registry }),
    registry,
    restore: async () => (await registry.restore()).finished,
    judge: () => guard.look(policy(), 'retire'),
    close: async (timeoutMs) => {
      await Promise.all([registry.close(timeoutMs), quarantine.close()]);
    },
  };
}
