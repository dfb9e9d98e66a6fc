import { useEffect, useRef, useState } from 'preact/hooks';
import type { TryAnswer, TryReport, TryServed } from '#packages/http';
import { fetchPicture } from '../state/fetch-picture.ts';
import type { Refusal } from '../state/request.ts';
import { requestJson } from '../state/request.ts';
import type { PageState } from '../state/store.ts';
import { Picture } from './picture.tsx';
import { summaryOf } from './prediction-words.ts';
import { Refused } from './refused.tsx';
import { sizeWords } from './time-words.ts';
import { TryFacts } from './try-facts.tsx';

interface Answered {
  readonly bitmap: ImageBitmap;
  readonly answer?: TryAnswer;
}

/** A model that somebody dropped: what it seems to be, its answer to a picture, and the way into service. */
export function TryModel({ file, state }: { readonly file: File; readonly state: PageState }) {
  const [report, setReport] = useState<TryReport>();
  const [answered, setAnswered] = useState<Answered>();
  const [served, setServed] = useState<TryServed>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [busy, setBusy] = useState('');
  const isGone = useRef(false);
  const sources = (state.report?.sources ?? []).filter(({ results, stream }) => stream || results.count > 0);
  const [source, setSource] = useState(sources[0]?.name ?? '');
  const post = <Body,>(path: string, body?: Blob): Promise<Body> =>
    requestJson<Body>(`/api/tries/${path}`, { method: 'POST', ...(body ? { body } : {}) });
  /** One thing at a time: the words say what. */
  const during = (words: string, work: () => Promise<void>): void => {
    setBusy(words);
    setRefusal(undefined);
    work()
      .catch((thrown: unknown) => void (isGone.current || setRefusal(thrown as Refusal)))
      .finally(() => isGone.current || setBusy(''));
  };
  const answer = async (id: string, picture: Blob): Promise<void> => {
    const bitmap = await createImageBitmap(picture);
    setAnswered({ bitmap });
    setAnswered({ bitmap, answer: await post<TryAnswer>(`${id}/answer`, picture) });
  };
  useEffect(() => {
    if (state.mayTry && state.mayWrite)
      during(`Reading ${file.name}, ${sizeWords(file.size)} …`, async () =>
        setReport(await post<TryReport>(encodeURIComponent(file.name), file)),
      );
    return () => void (isGone.current = true);
  }, [file]);

  if (!state.mayTry) return <OnlyPackages name={file.name} />;
  if (!state.mayWrite)
    return <p class="todo">Trying a model needs the token: open the page with the address that npm start prints.</p>;
  return (
    <div class="try-model">
      <p role="status" class="todo">
        {busy}
      </p>
      {report && (
        <>
          <TryFacts report={report} />
          <div class="try-inputs">
            <label>
              Labels, one a line
              <input
                type="file"
                accept=".txt,.names,text/plain"
                disabled={busy !== ''}
                onChange={({ currentTarget: { files } }) => {
                  const [labels] = files ?? [];
                  if (!labels) return;
                  setAnswered(undefined);
                  during('Reading the labels …', async () =>
                    setReport(await post<TryReport>(`${report.id}/labels`, labels)),
                  );
                }}
              />
            </label>
            {sources.length > 0 && (
              <div class="try-source">
                <label for="try-source">Picture of</label>
                <select id="try-source" value={source} onChange={(event) => setSource(event.currentTarget.value)}>
                  {sources.map(({ name }) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
                <button
                  type="button"
                  disabled={busy !== ''}
                  onClick={() =>
                    during(`${report.name} looks at ${source} …`, async () =>
                      answer(report.id, await fetchPicture(source)),
                    )
                  }
                >
                  Look at it
                </button>
              </div>
            )}
            <label>
              Picture of your own
              <input
                type="file"
                accept="image/jpeg,image/png,image/webp"
                disabled={busy !== ''}
                onChange={({ currentTarget: { files } }) => {
                  const [picture] = files ?? [];
                  if (picture) during(`${report.name} looks at ${picture.name} …`, () => answer(report.id, picture));
                }}
              />
            </label>
          </div>
        </>
      )}
      {refusal && <Refused refusal={refusal} />}
      {report && answered && !refusal && (
        <figure class="try-answer">
          <figcaption>
            {answered.answer &&
              `${summaryOf(answered.answer.predictions)}, ${answered.answer.timings.totalMs.toFixed(1)} ms`}
          </figcaption>
          <div class="dropped-picture">
            <Picture
              bitmap={answered.bitmap}
              predictions={answered.answer?.predictions ?? []}
              name={report.name}
              labelsFrom={260}
            />
          </div>
        </figure>
      )}
      {report && answered?.answer && !served && (
        <button
          type="button"
          class="primary"
          disabled={busy !== ''}
          onClick={() =>
            during(`The agent tests ${report.name} …`, async () =>
              setServed(await post<TryServed>(`${report.id}/serve`)),
            )
          }
        >
          Put it into service
        </button>
      )}
      {served && <Served served={served} />}
    </div>
  );
}

function Served({ served: { name, command } }: { readonly served: TryServed }) {
  return (
    <div role="status">
      <p class="kept">{name} is in service until npm start ends.</p>
      <p>
        Sources that name their services need it among them: Settings, Sources, Services. To keep the model, write it
        into edgeml.yaml:
      </p>
      <pre>{command}</pre>
    </div>
  );
}

/** On a device: it does not have what packages a model. */
function OnlyPackages({ name }: { readonly name: string }) {
  return (
    <div class="try-model">
      <p>A device takes packages, which are tested and signed. On a machine with a checkout of EdgeML:</p>
      <pre>{`npm run -s edgeml -- package ${name} --labels labels.txt --golden picture.jpg\nnpm run -s edgeml -- deploy`}</pre>
      <p class="todo">To try the model first, drop it on the page of npm start.</p>
    </div>
  );
}
