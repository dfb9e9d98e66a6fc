import type { PageState } from '../state/store.ts';

/** What is kept for the next model, and why. */
export function SamplesView({ state }: { readonly state: PageState }) {
  const { spool } = state;
  if (!spool) return <p class="empty">edgeml.FeedbackUploader does not answer: no samples are kept.</p>;
  return <p class="empty">{spool.samples} samples wait.</p>;
}
