import type { SourceReport } from '#packages/http';
import { hrefOf } from '../state/route.ts';
import type { PageState } from '../state/store.ts';
import { EventList } from './event-list.tsx';
import { ResultList } from './result-list.tsx';
import { SourceFocus } from './source-focus.tsx';
import { SourceTile } from './source-tile.tsx';

/** All sources at a glance, or one of them in full. */
export function LiveView({ state, selected }: { readonly state: PageState; readonly selected: string }) {
  const { report } = state;
  if (!report) return <Waiting connected={state.connection === 'open'} />;
  const source = report.sources.find(({ name }) => name === selected);
  if (source) return <SourceFocus key={source.name} source={source} state={state} />;
  const { shown, quiet } = inOrder(report.sources);
  if (report.sources.length === 0) {
    return (
      <p class="empty">
        No source is configured. Add one under <code>Sources</code> of edgeml.InferenceApp: a folder, a camera, a
        stream.
      </p>
    );
  }
  return (
    <div class="live">
      <div>
        <div class={`wall wall-${Math.min(shown.length, 4)}`}>
          {shown.map((each) => (
            <SourceTile key={each.name} source={each} />
          ))}
        </div>
        {quiet.length > 0 && <QuietSources sources={quiet} />}
      </div>
      <aside class="rail">
        <section aria-labelledby="rail-results">
          <h2 id="rail-results">Results</h2>
          <ResultList results={state.results.slice(-14)} />
        </section>
        <section aria-labelledby="rail-events">
          <h2 id="rail-events">Events</h2>
          <EventList events={state.events.slice(-6)} />
        </section>
      </aside>
    </div>
  );
}

/** Cameras before folders, running sources before those that are done; a folder that has not given an image does not need a picture. */
function inOrder(sources: readonly SourceReport[]): Readonly<Record<'shown' | 'quiet', readonly SourceReport[]>> {
  const rank = ({ state, stream, results }: SourceReport): number =>
    state === 'done' ? 3 : stream ? 0 : results.count > 0 ? 1 : 2;
  const isQuiet = ({ stream, results, state }: SourceReport): boolean =>
    !stream && results.count === 0 && state !== 'failed';
  return {
    shown: sources.filter((source) => !isQuiet(source)).toSorted((a, b) => rank(a) - rank(b)),
    quiet: sources.filter(isQuiet),
  };
}

function QuietSources({ sources }: { readonly sources: readonly SourceReport[] }) {
  return (
    <section class="quiet" aria-labelledby="quiet-title">
      <h2 id="quiet-title">Waiting for a first image</h2>
      <ul>
        {sources.map(({ name, from }) => (
          <li key={name}>
            <a href={hrefOf('live', name)}>{name}</a> <code>{from}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Waiting({ connected }: { readonly connected: boolean }) {
  return (
    <p class="empty" role="status">
      {connected ? 'Waiting for edgeml.InferenceApp: no source is known yet.' : 'Connecting to the device …'}
    </p>
  );
}
