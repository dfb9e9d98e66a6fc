import type { Refusal } from '../state/request.ts';

/** What did not work, and what to do about it. */
export function Refused({ refusal }: { readonly refusal: Refusal }) {
  return (
    <div class="problem error" role="alert">
      <p class="problem-text">{refusal.message}</p>
      {refusal.todo !== '' && <p class="todo">{refusal.todo}</p>}
    </div>
  );
}
