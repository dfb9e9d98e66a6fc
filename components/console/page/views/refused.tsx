import type { WireError } from '#packages/foundation';

/** A request that was refused, and what to do about it. */
export function Refused({ refusal }: { readonly refusal: Pick<WireError, 'message' | 'todo'> }) {
  return (
    <div class="problem error" role="alert">
      <p class="problem-text">{refusal.message}</p>
      {refusal.todo !== '' && <p class="todo">{refusal.todo}</p>}
    </div>
  );
}
