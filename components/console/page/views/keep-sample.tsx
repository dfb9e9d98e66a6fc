import { useState } from 'preact/hooks';
import type { FeedPicture } from '../state/picture-feed.ts';
import type { Refusal } from '../state/request.ts';
import { requestJson } from '../state/request.ts';
import { Refused } from './refused.tsx';

export interface KeepSampleProps {
  readonly source: string;
  readonly picture: FeedPicture;
  readonly mayWrite: boolean;
  /** The picture is to stand still while somebody says what is wrong with it. */
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

type Outcome = { readonly kept: string } | { readonly refusal: Refusal };

/** Keeps the frame that is seen as a sample, with the label it should have. */
export function KeepSample({ source, picture, mayWrite, onOpen, onClose }: KeepSampleProps) {
  const [isOpen, setOpen] = useState(false);
  const [label, setLabel] = useState('');
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const { answers, frame } = picture.shown;
  const [service, setService] = useState(answers[0]?.service ?? '');
  const labels = [...new Set(answers.flatMap(({ predictions }) => predictions.map((each) => each.label)))];
  const open = (): void => {
    onOpen();
    setService(answers[0]?.service ?? '');
    setOutcome(undefined);
    setOpen(true);
  };
  const close = (): void => {
    setOpen(false);
    onClose();
  };
  const keep = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const body = JSON.stringify({ frame, service, ...(label.trim() === '' ? {} : { label: label.trim() }) });
      const path = `/api/sources/${encodeURIComponent(source)}/samples`;
      const { key } = await requestJson<{ key: string }>(path, { method: 'POST', body });
      setOutcome({ kept: key });
      setLabel('');
      close();
    } catch (thrown) {
      setOutcome({ refusal: thrown as Refusal });
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="keep" aria-label="Keep this frame">
      {!isOpen && (
        <button type="button" class="primary" onClick={open} disabled={answers.length === 0 || !mayWrite}>
          This is wrong
        </button>
      )}
      {!isOpen && !mayWrite && (
        <p class="todo">Keeping samples needs the token: open the page with the address that npm start prints.</p>
      )}
      {isOpen && (
        <form onSubmit={(event) => void keep(event)}>
          <p>The picture stands still. What should the answer have been?</p>
          {answers.length > 1 && (
            <>
              <label for="keep-service">Answer of</label>
              <select id="keep-service" value={service} onChange={(event) => setService(event.currentTarget.value)}>
                {answers.map((answer) => (
                  <option key={answer.service}>{answer.service}</option>
                ))}
              </select>
            </>
          )}
          <label for="keep-label">Label it should have</label>
          <input
            id="keep-label"
            list="keep-labels"
            maxLength={200}
            autocomplete="off"
            value={label}
            onInput={(event) => setLabel(event.currentTarget.value)}
          />
          <datalist id="keep-labels">
            {labels.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <div class="buttons">
            <button type="submit" class="primary" disabled={busy}>
              Keep as a sample
            </button>
            <button type="button" onClick={close}>
              Cancel
            </button>
          </div>
        </form>
      )}
      <div role="status">
        {outcome && 'kept' in outcome && <p class="kept">Kept as {outcome.kept}</p>}
        {outcome && 'refusal' in outcome && <Refused refusal={outcome.refusal} />}
      </div>
    </section>
  );
}
