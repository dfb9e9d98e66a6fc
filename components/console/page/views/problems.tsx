import { problemsOf } from '../state/problems.ts';
import type { PageState } from '../state/store.ts';
import { sinceWords } from './time-words.ts';

/** Problems of now and what to do about them, above everything else. */
export function Problems({ state }: { readonly state: PageState }) {
  const problems = problemsOf(state);
  if (problems.length === 0) return null;
  const [first, ...rest] = problems;
  return (
    <section class="problems" aria-label="Problems" aria-live="polite">
      {first && <OneProblem {...first} />}
      {rest.length > 0 && (
        <details>
          <summary>{rest.length === 1 ? '1 more problem' : `${rest.length} more problems`}</summary>
          {rest.map((problem) => (
            <OneProblem {...problem} key={problem.key} />
          ))}
        </details>
      )}
    </section>
  );
}

function OneProblem({ severity, text, todo, since }: ReturnType<typeof problemsOf>[number]) {
  return (
    <div class={`problem ${severity}`}>
      <p class="problem-text">
        {text}
        {since !== '' && <span class="since"> · {sinceWords(since)}</span>}
      </p>
      {todo !== undefined && <p class="todo">{todo}</p>}
    </div>
  );
}
