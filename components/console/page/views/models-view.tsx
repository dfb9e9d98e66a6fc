import type { PageState } from '../state/store.ts';
import { ChallengerEntry } from './challenger-entry.tsx';
import { EventList } from './event-list.tsx';
import { ModelEntry } from './model-entry.tsx';

/** Every model: whether it runs, on which provider, and whether that was asked for. */
export function ModelsView({ state, selected }: { readonly state: PageState; readonly selected: string }) {
  const { models, challengers, events } = state;
  if (!models) return <p class="empty">edgeml.InferenceAgent does not answer yet.</p>;
  const changes = events.filter(({ event }) => /^(model|provider|quarantine|challenger)\./.test(event));
  return (
    <div class="models-view">
      <section aria-labelledby="models-title">
        <h1 id="models-title">Models</h1>
        {models.length === 0 && <p class="empty">No model is in service. Deploy a component edgeml.model.…</p>}
        {models.map((model) => (
          <ModelEntry
            key={model.alias}
            model={model}
            challenger={challengers.find(({ alias }) => alias === model.alias)}
            isOpen={model.alias === selected || models.length === 1}
          />
        ))}
        {challengers
          .filter(({ alias }) => !models.some((model) => model.alias === alias))
          .map((report) => (
            <ChallengerEntry key={report.alias} report={report} />
          ))}
      </section>
      <section aria-labelledby="changes-title">
        <h2 id="changes-title">Changes</h2>
        <EventList events={changes} />
      </section>
    </div>
  );
}
