import type { ModelStatus } from '#packages/http';
import type { PageState } from '../state/store.ts';
import { EventList } from './event-list.tsx';

/** Every model: what runs, on what, and whether it is what was asked for. */
export function ModelsView({ state, selected: _selected }: { readonly state: PageState; readonly selected: string }) {
  const { models, events } = state;
  if (!models) return <p class="empty">edgeml.InferenceAgent does not answer yet.</p>;
  const changes = events.filter(({ event }) => /^(model|provider|quarantine)\./.test(event));
  return (
    <div class="models-view">
      <section aria-labelledby="models-title">
        <h1 id="models-title">Models</h1>
        {models.length === 0 && <p class="empty">No model is in service. Deploy a component edgeml.model.…</p>}
        {models.map((model) => (
          <ModelRow key={model.alias} model={model} />
        ))}
      </section>
      <section aria-labelledby="changes-title">
        <h2 id="changes-title">Changes</h2>
        <EventList events={changes} />
      </section>
    </div>
  );
}

function ModelRow({ model }: { readonly model: ModelStatus }) {
  return (
    <article class="model">
      <h2>
        {model.alias} <span>{model.version}</span>
      </h2>
    </article>
  );
}
