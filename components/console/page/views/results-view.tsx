import { useState } from 'preact/hooks';
import type { ResultMessage } from '#packages/http';
import type { PageState } from '../state/store.ts';
import { EventList } from './event-list.tsx';
import { ResultList } from './result-list.tsx';

/** Results as they come, and what happened between them; both can be filtered. */
export function ResultsView({ state, filter }: { readonly state: PageState; readonly filter: string }) {
  const [text, setText] = useState(filter);
  const [least, setLeast] = useState(0);
  const [held, setHeld] = useState<readonly ResultMessage[]>();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = held ?? state.results;
  const shown = all.filter((result) => fits(result, words, least));
  return (
    <div class="results-view">
      <section aria-labelledby="results-title">
        <h1 id="results-title">Results</h1>
        <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
          <label for="results-filter">Find</label>
          <input
            id="results-filter"
            type="search"
            placeholder="label, source, image, model"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <label for="results-score">Score from {least.toFixed(2)}</label>
          <input
            id="results-score"
            type="range"
            min="0"
            max="1"
            step="0.05"
            value={least}
            onInput={(event) => setLeast(Number(event.currentTarget.value))}
          />
          <button
            type="button"
            aria-pressed={held !== undefined}
            onClick={() => setHeld(held ? undefined : state.results)}
          >
            {held ? 'Go on' : 'Hold still'}
          </button>
          <span class="filter-count" role="status">
            {shown.length} of {all.length}
          </span>
        </form>
        <ResultList results={shown.slice(-200)} detailed />
      </section>
      <section aria-labelledby="events-title">
        <h2 id="events-title">Events</h2>
        <EventList events={state.events} />
      </section>
    </div>
  );
}

function fits(
  { predictions, source, image, service, model, error }: ResultMessage,
  words: readonly string[],
  least: number,
): boolean {
  if (least > 0 && !predictions.some(({ score }) => score >= least)) return false;
  const labels = predictions.filter(({ score }) => score >= least).map(({ label }) => label);
  const all = [source, image, service, model?.version ?? '', error?.message ?? '', ...labels].join(' ').toLowerCase();
  return words.every((word) => all.includes(word));
}
