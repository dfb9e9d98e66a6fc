import type { TryReport } from '#packages/http';
import { Fact } from './fact.tsx';
import { sizeWords } from './time-words.ts';

/** The proposal for a model that somebody dropped, with its guesses. */
export function TryFacts({
  report: { name, task, decoder, input, bytes, labels, notes },
}: {
  readonly report: TryReport;
}) {
  return (
    <>
      <dl class="model-facts">
        <Fact name="Name" value={name} more={sizeWords(bytes)} />
        <Fact name="Task" value={task} more={decoder} />
        <Fact name="Takes" value={input ? `${input.width ?? 'any'} × ${input.height ?? 'any'}` : 'tensors'} more="" />
        <Fact
          name="Labels"
          value={labels === 0 ? 'none' : String(labels)}
          more={labels === 0 ? 'class numbers stand for them' : ''}
        />
      </dl>
      {notes.length > 0 && (
        <section aria-label="Guesses to check">
          <h3 class="try-check">Check</h3>
          <ul class="reasons">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
