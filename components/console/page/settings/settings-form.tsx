import { useEffect, useRef, useState } from 'preact/hooks';
import type { ConfigurationProblem, ConfigurationReport } from '#packages/foundation';
import type { Refusal } from '../state/request.ts';
import { requestJson } from '../state/request.ts';
import { Refused } from '../views/refused.tsx';
import { changesIn } from './draft.ts';
import type { Draft } from './draft.ts';
import { Form } from './form.ts';
import { SettingGroup } from './setting-group.tsx';

interface SettingsFormProps {
  readonly report: ConfigurationReport;
  readonly readOnly: boolean;
  readonly filter: string;
}

type Outcome = { readonly saved: Draft } | { readonly refusal: Refusal };

/** The settings of one component; what is changed is saved at once, or not at all. */
export function SettingsForm({ report: first, readOnly, filter }: SettingsFormProps) {
  const [report, setReport] = useState(first);
  const [draft, setDraft] = useState<Draft>({});
  /** Text fields begin again with each version. */
  const [version, setVersion] = useState(0);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const fields = useRef<HTMLFormElement>(null);
  const problems = problemsOf(outcome) ?? report.problems;
  useEffect(() => {
    const wrong = fields.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    wrong?.focus();
    wrong?.scrollIntoView({ block: 'center' });
  }, [outcome]);
  const beginAnew = (with_: ConfigurationReport): void => {
    setReport(with_);
    setDraft({});
    setVersion((count) => count + 1);
  };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const path = `/api/configuration/${encodeURIComponent(report.component)}`;
      const body = JSON.stringify({ merge: draft });
      beginAnew(await requestJson<ConfigurationReport>(path, { method: 'POST', body }));
      setOutcome({ saved: draft });
    } catch (thrown) {
      setOutcome({ refusal: thrown as Refusal });
    } finally {
      setBusy(false);
    }
  };
  const form = new Form({ report, draft, problems, filter, readOnly, onDraft: setDraft });
  const changes = Object.keys(draft).length === 0 ? 0 : changesIn(draft);
  return (
    <form class="settings" ref={fields} noValidate onSubmit={(event) => void save(event)}>
      <SettingGroup key={version} form={form} path={[]} node={report.schema} />
      <div class="settings-outcome" role="status">
        {outcome && 'saved' in outcome && changes === 0 && <Saved component={report.component} draft={outcome.saved} />}
        {outcome && 'refusal' in outcome && changes > 0 && <Refused refusal={outcome.refusal} />}
      </div>
      {changes > 0 && (
        <div class="settings-bar">
          <span>{changes === 1 ? '1 change' : `${changes} changes`}</span>
          <button type="submit" class="primary" disabled={busy}>
            Save
          </button>
          <button
            type="button"
            onClick={() => {
              setOutcome(undefined);
              beginAnew(report);
            }}
          >
            Discard
          </button>
        </div>
      )}
    </form>
  );
}

/** The next deployment may set other values; this is the form that one takes them in. */
function Saved({ component, draft }: { readonly component: string; readonly draft: Draft }) {
  return (
    <>
      <p class="kept">Saved.</p>
      <details>
        <summary>The same for a deployment</summary>
        <pre>{JSON.stringify({ [component]: { MERGE: draft } }, undefined, 2)}</pre>
      </details>
    </>
  );
}

function problemsOf(outcome: Outcome | undefined): readonly ConfigurationProblem[] | undefined {
  if (!outcome || !('refusal' in outcome)) return undefined;
  return outcome.refusal.facts['problems'] as readonly ConfigurationProblem[] | undefined;
}
