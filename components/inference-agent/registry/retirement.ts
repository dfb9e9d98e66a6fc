import { wireErrorOf } from '#packages/foundation';

import type { AliasSlot, AliasTable } from './alias-table.ts';
import type { AliasSwitch } from './alias-switch.ts';
import type { RegistryPorts } from './registry-ports.ts';
import type { ServingModel } from './serving-model.ts';

export type RetireReason = 'asked' | 'package-gone';

/**
 * Marks the slot's model; it serves on for the grace period, since the nucleus stops the old version before it starts the
 * new one. To be called by who holds the slot.
 */
export async function startRetirement(
  ports: RegistryPorts,
  aliases: AliasTable,
  aliasSwitch: AliasSwitch,
  slot: AliasSlot,
  reason: RetireReason,
): Promise<void> {
  const { serving, record } = slot;
  if (!serving || !record) return;
  const graceMs = ports.policy().retireGraceMs;
  const cancel = ports.clock.after(graceMs, () => {
    void aliases.change(slot.alias, () => endRetirement(ports, aliasSwitch, slot, serving));
  });
  slot.retirement = { cancel };
  ports.announce('model.retiring', { model: serving.identity, graceSeconds: graceMs / 1000, reason });
  await aliasSwitch.remember(slot, { ...record, retiring: true });
}

async function endRetirement(
  ports: RegistryPorts,
  aliasSwitch: AliasSwitch,
  slot: AliasSlot,
  serving: ServingModel,
): Promise<void> {
  // Another instance may have taken over, or the same package come back, while this waited for the slot.
  if (!slot.retirement || slot.serving !== serving) return;
  await takeOutOfService(ports, aliasSwitch, slot, serving);
}

/** From now on nothing new goes to the model; what runs on it is answered, then its memory is given back. */
export async function takeOutOfService(
  ports: RegistryPorts,
  aliasSwitch: AliasSwitch,
  slot: AliasSlot,
  serving: ServingModel,
): Promise<void> {
  slot.retirement?.cancel();
  slot.retirement = undefined;
  slot.serving = undefined;
  slot.record = undefined;
  slot.emptySince = ports.clock.monotonic();
  ports.onChange();
  await aliasSwitch.drain(serving);
  try {
    await ports.store.forget(slot.alias);
  } catch (thrown) {
    // It will be restored at the next start, and retired again where its package folder is gone.
    ports.announce('model.not-forgotten', { model: serving.identity, error: wireErrorOf(thrown) });
  }
  ports.announce('model.retired', { model: serving.identity });
}
