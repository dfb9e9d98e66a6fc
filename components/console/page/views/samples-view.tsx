import { useEffect } from 'preact/hooks';
import type { SampleReport, WaitingSample } from '#packages/http';
import { request, requestJson } from '../state/request.ts';
import type { PageState } from '../state/store.ts';
import { Refused } from './refused.tsx';
import { clockWords, sizeWords } from './time-words.ts';
import { useRemote } from './use-remote.ts';

/** The samples that are kept for the next model: why, and how far their upload is. */
export function SamplesView({ state }: { readonly state: PageState }) {
  const { spool } = state;
  if (!spool) return <p class="empty">edgeml.FeedbackUploader does not answer: no samples are kept on this device.</p>;
  const { samples, bytes, uploaded, evicted, configurations, waiting } = spool;
  const gone = Object.values(evicted).reduce((sum, count) => sum + count, 0);
  return (
    <section aria-labelledby="samples-title">
      <h1 id="samples-title">Samples</h1>
      <p class="sheet-facts">
        <b>{samples}</b> wait ({sizeWords(bytes)} on the disk), <b>{uploaded}</b> were uploaded
        {gone > 0 && (
          <>
            , <b>{gone}</b> had to make room
          </>
        )}
        .{' '}
        {configurations.length === 0
          ? 'No feedback configuration is set up.'
          : `Kept for ${configurations.join(', ')}.`}
      </p>
      {waiting.length === 0 && (
        <p class="empty">
          No sample waits. A sampling strategy keeps some by itself; “This is wrong” at a source keeps the one you see.
        </p>
      )}
      <ol class="sheet">
        {waiting.map((sample) => (
          <Sample key={sample.id} sample={sample} />
        ))}
      </ol>
    </section>
  );
}

function Sample({ sample: { id, configId, bytes, attempted, priority } }: { readonly sample: WaitingSample }) {
  const path = `/api/samples/${encodeURIComponent(id)}`;
  const { value: report, refusal } = useRemote(id, () => requestJson<SampleReport>(path));
  const thumbnail = useRemote(id, async () => URL.createObjectURL(await (await request(`${path}/thumbnail`)).blob()));
  const { value: url } = thumbnail;
  // Else the page would hold every thumbnail that it has ever shown.
  useEffect(() => () => void (url !== undefined && URL.revokeObjectURL(url)), [url]);
  const { 'should-be': label, source, service } = report?.metadata ?? {};
  return (
    <li>
      <div class="stamp">
        {url !== undefined && <img src={url} alt={`Sample from ${source ?? configId}`} />}
        {thumbnail.refusal && <p class="no-picture">No picture</p>}
      </div>
      {refusal && <Refused refusal={refusal} />}
      {label !== undefined && <p class="should-be">should be {label}</p>}
      <p class="because">{report?.because}</p>
      <p class="small">
        {[source, service].filter(Boolean).join(', ')} {report && clockWords(report.acceptedAt)}
      </p>
      <p class="small">
        {configId}, priority {priority}, {sizeWords(bytes)}, {attempted ? 'upload was tried' : 'waits'}
      </p>
    </li>
  );
}
