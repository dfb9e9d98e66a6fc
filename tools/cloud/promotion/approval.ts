import { timingSafeEqual } from 'node:crypto';
import { canonicalJson, textDigest } from '../digest.ts';
import { cloudErrors } from '../errors.ts';
import type { PromotionState } from './promotion-state.ts';

/**
 * The token that approves a promotion: a fingerprint of the plan, the canary's deployment and what its gate found. It approves
 * exactly that; for anything else it is wrong. It guards against approving by mistake: who may approve is a matter of who
 * may run the command, or of the approval step of the pipeline.
 */
export function approvalToken({ planDigest, stages }: PromotionState): string {
  const [canary] = stages;
  const digest = textDigest(canonicalJson([planDigest, canary?.deploymentId, canary?.report])).hex;
  return (digest.slice(0, 16).match(/.{4}/g) ?? []).join('-');
}

/** @throws EdgeError `promote.not-approved` */
export function checkApproval(state: PromotionState, token: string): void {
  const [given, wanted] = [token.trim().toLowerCase(), approvalToken(state)].map((text) =>
    Buffer.from(textDigest(text).hex),
  );
  const [canary] = state.stages;
  if (canary?.status === 'passed' && given && wanted && timingSafeEqual(given, wanted)) return;
  const reason = canary?.status === 'passed' ? `the token "${token}" is for something else` : 'the gate has not passed';
  throw cloudErrors.error('promote.not-approved', `${state.name} is not approved: ${reason}`);
}
