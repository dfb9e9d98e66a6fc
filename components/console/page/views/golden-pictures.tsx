import type { GoldenAnswer, GoldenPicture, PackageReport } from '#packages/http';
import { fetchBitmap } from '../state/fetch-bitmap.ts';
import { requestJson } from '../state/request.ts';
import { Picture } from './picture.tsx';
import { Refused } from './refused.tsx';
import { useRemote } from './use-remote.ts';

/** The golden pictures of a package: the expected answer, beside that of the device now. */
export function GoldenPictures({ alias }: { readonly alias: string }) {
  const path = `/api/models/${encodeURIComponent(alias)}`;
  const { value: report, refusal } = useRemote(alias, () => requestJson<PackageReport>(`${path}/package`));
  if (refusal) return <Refused refusal={refusal} />;
  if (!report) return <p class="empty small">Reading the package …</p>;
  return (
    <div class="golden">
      {report.description !== undefined && <p class="todo">{report.description}</p>}
      <p class="todo">
        {report.labels.length} classes: {report.labels.slice(0, 12).join(', ')}
        {report.labels.length > 12 && ' …'}
      </p>
      {report.golden.length === 0 && (
        <p class="empty small">The package has no golden picture: nothing shows that it works here.</p>
      )}
      {report.golden.map((golden) => (
        <Golden key={golden.index} golden={golden} path={`${path}/golden/${golden.index}`} />
      ))}
    </div>
  );
}

function Golden({ golden, path }: { readonly golden: GoldenPicture; readonly path: string }) {
  const picture = useRemote(path, () => fetchBitmap(path));
  const answer = useRemote(path, () => requestJson<GoldenAnswer>(`${path}/answer`));
  const refusal = picture.refusal ?? answer.refusal;
  if (refusal) return <Refused refusal={refusal} />;
  if (!picture.value) return <p class="empty small">{golden.input} …</p>;
  const differences = answer.value?.differences;
  return (
    <figure class="golden-pair">
      <figcaption>
        <code>{golden.input}</code>{' '}
        {differences &&
          (differences.length === 0 ? (
            <span class="kept">as expected, {answer.value?.result.timings.totalMs.toFixed(1)} ms</span>
          ) : (
            <span class="golden-differs">{differences.join('; ')}</span>
          ))}
      </figcaption>
      <div>
        <p class="small">Expected</p>
        <div class="golden-picture">
          <Picture
            bitmap={picture.value}
            predictions={golden.expected}
            name={`Expected on ${golden.input}`}
            labelsFrom={260}
          />
        </div>
      </div>
      <div>
        <p class="small">This device answers</p>
        <div class="golden-picture">
          <Picture
            bitmap={picture.value}
            predictions={answer.value?.result.predictions ?? []}
            name={`Answer to ${golden.input}`}
            labelsFrom={260}
          />
        </div>
      </div>
    </figure>
  );
}
