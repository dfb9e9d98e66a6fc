import { usePageState } from '../state/store.ts';
import { useRoute } from '../state/route.ts';
import { SettingsView } from '../settings/settings-view.tsx';
import { LiveView } from './live-view.tsx';
import { ModelsView } from './models-view.tsx';
import { Problems } from './problems.tsx';
import { ResultsView } from './results-view.tsx';
import { SamplesView } from './samples-view.tsx';
import { TokenWanted } from './token-wanted.tsx';
import { TopBar } from './top-bar.tsx';

export function Page() {
  const state = usePageState();
  const { view, item } = useRoute();
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <TopBar state={state} view={view} />
      <main id="main" tabIndex={-1} class={`view-${view}`}>
        {state.tokenWanted ? (
          <TokenWanted />
        ) : (
          <>
            <Problems state={state} />
            {view === 'live' && <LiveView state={state} selected={item} />}
            {view === 'models' && <ModelsView state={state} selected={item} />}
            {view === 'results' && <ResultsView state={state} filter={item} />}
            {view === 'samples' && <SamplesView state={state} />}
            {view === 'settings' && <SettingsView selected={item} mayWrite={state.mayWrite} />}
          </>
        )}
      </main>
    </>
  );
}
