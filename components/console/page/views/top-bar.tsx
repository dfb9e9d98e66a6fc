import { DropImage } from './drop-image.tsx';
import { hrefOf, VIEWS } from '../state/route.ts';
import type { View } from '../state/route.ts';
import type { PageState } from '../state/store.ts';
import { problemsOf } from '../state/problems.ts';

const NAMES: Readonly<Record<View, string>> = {
  live: 'Live',
  models: 'Models',
  results: 'Results',
  samples: 'Samples',
  settings: 'Settings',
};

export function TopBar({ state, view }: { readonly state: PageState; readonly view: View }) {
  const { report, models, spool } = state;
  const counts: Readonly<Partial<Record<View, number | undefined>>> = {
    live: report?.sources.length,
    models: models?.length,
    samples: spool?.samples,
  };
  return (
    <header class="top-bar">
      <a class="device" href={hrefOf('live')}>
        <img src="/icon.svg" alt="EdgeML" width="26" height="26" />
        <span class="device-name">{state.thing || 'EdgeML'}</span>
      </a>
      <nav aria-label="Views">
        {VIEWS.map((name) => (
          <a key={name} href={hrefOf(name)} aria-current={name === view ? 'page' : undefined}>
            {NAMES[name]}
            {counts[name] !== undefined && <span class="count">{counts[name]}</span>}
          </a>
        ))}
      </nav>
      <Vitals state={state} />
    </header>
  );
}

/** The device in three numbers and a word. */
function Vitals({ state }: { readonly state: PageState }) {
  const sources = state.report?.sources ?? [];
  const perSecond = sources.reduce((sum, { results }) => sum + results.perSecond, 0);
  // Images that are read all at once wait for each other, which says nothing of the device.
  const paced = sources.filter(({ mode, state }) => mode !== 'once' && state === 'running');
  const slowest = Math.max(0, ...paced.map(({ results }) => results.p95Ms ?? 0));
  return (
    <div class="vitals">
      <Vital name="results a second" unit="/s" value={perSecond.toFixed(1)} />
      {slowest > 0 && (
        <Vital name="slowest p95 from frame to result" unit="ms p95" value={String(Math.round(slowest))} />
      )}
      <Health state={state} />
      <DropImage state={state} />
    </div>
  );
}

function Vital({ name, value, unit }: { readonly name: string; readonly value: string; readonly unit: string }) {
  return (
    <span class="vital" title={name}>
      <b>{value}</b> <span class="unit">{unit}</span>
      <span class="hidden">{name}</span>
    </span>
  );
}

function Health({ state }: { readonly state: PageState }) {
  if (state.connection !== 'open') {
    return (
      <span class="health lost" role="status">
        {state.connection === 'lost' ? 'Connection lost' : 'Connecting'}
      </span>
    );
  }
  const problems = problemsOf(state);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (problems.length === 0) {
    return (
      <span class="health good" role="status">
        All well
      </span>
    );
  }
  return (
    <span class={`health ${errors > 0 ? 'error' : 'warning'}`} role="status">
      {problems.length === 1 ? '1 problem' : `${problems.length} problems`}
    </span>
  );
}
