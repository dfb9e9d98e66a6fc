import type { WatchSettings } from '#packages/drift';
import type { AgentConfiguration } from '../config.ts';

const MINUTE_MS = 60_000;

/** How drift is looked for; undefined if it is not. */
export function driftSettings({ Drift }: AgentConfiguration): WatchSettings | undefined {
  if (!Drift.Enabled) return undefined;
  return {
    windowMs: 60 * MINUTE_MS * Drift.WindowHours,
    slotMs: MINUTE_MS * Drift.CheckMinutes,
    minImages: Drift.MinImages,
    psi: Drift.PsiThreshold,
    jensenShannon: Drift.JensenShannonThreshold,
  };
}
