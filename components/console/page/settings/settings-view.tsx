import { useEffect, useState } from 'preact/hooks';
import type { ConfigurationAnswer } from '#packages/http';
import { requestJson } from '../state/request.ts';
import { hrefOf } from '../state/route.ts';
import { Refused } from '../views/refused.tsx';
import { useRemote } from '../views/use-remote.ts';
import { SettingsForm } from './settings-form.tsx';

interface SettingsViewProps {
  readonly selected: string;
  /** Whether the page has the token, without which settings are not shown. */
  readonly mayWrite: boolean;
}

/** The settings of the components, as forms made from their schemas. */
export function SettingsView({ selected, mayWrite }: SettingsViewProps) {
  if (mayWrite) return <AllSettings selected={selected} />;
  return (
    <p class="empty">Settings are shown with the token only: open the page with the address that npm start prints.</p>
  );
}

function AllSettings({ selected }: { readonly selected: string }) {
  const [filter, setFilter] = useState('');
  const { value: answers, refusal } = useRemote('configuration', () =>
    requestJson<readonly ConfigurationAnswer[]>('/api/configuration'),
  );
  const shown = answers?.find(({ component }) => component === selected) ?? answers?.[0];
  useEffect(() => setFilter(''), [shown?.component]);
  if (refusal) return <Refused refusal={refusal} />;
  if (!answers || !shown) return <p class="empty">Reading the settings …</p>;
  return (
    <div class="settings-view">
      <nav class="settings-components" aria-label="Components">
        {answers.map(({ component }) => (
          <a
            key={component}
            href={hrefOf('settings', component)}
            aria-current={component === shown.component ? 'page' : undefined}
          >
            {component}
          </a>
        ))}
      </nav>
      <section aria-labelledby="settings-title">
        <h1 id="settings-title">{shown.component}</h1>
        {shown.error && <Refused refusal={shown.error} />}
        {shown.report && (
          <>
            <p class="todo">{whyReadOnly(shown)}</p>
            <div class="filters">
              <label for="settings-filter">Find</label>
              <input
                id="settings-filter"
                type="search"
                autocomplete="off"
                value={filter}
                onInput={(event) => setFilter(event.currentTarget.value)}
              />
            </div>
            <SettingsForm
              key={shown.component}
              report={shown.report}
              readOnly={!shown.mayChange}
              filter={filter.trim()}
            />
          </>
        )}
      </section>
    </div>
  );
}

function whyReadOnly({ component, mayChange }: ConfigurationAnswer): string {
  if (component === 'edgeml.Console') return 'A deployment changes these, not the page.';
  if (!mayChange)
    return 'Read only: a deployment changes these, or this page once AllowConfiguration of edgeml.Console is true.';
  return 'Changes hold at once, and until a deployment says otherwise.';
}
