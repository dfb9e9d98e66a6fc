import type { ResultMessage } from '#packages/http';
import { classColor } from '../state/class-color.ts';
import { hrefOf } from '../state/route.ts';
import { clockWords } from './time-words.ts';
import { summaryOf } from './prediction-words.ts';

/** Results, newest first: when, where, what, how fast. */
export function ResultList({
  results,
  detailed = false,
}: {
  readonly results: readonly ResultMessage[];
  readonly detailed?: boolean;
}) {
  if (results.length === 0) return <p class="empty small">No result yet.</p>;
  return (
    <ol class={detailed ? 'results detailed' : 'results'}>
      {results.toReversed().map((result) => (
        <li key={result.id} class={result.error ? 'failed' : ''}>
          <time dateTime={result.timestamp}>{clockWords(result.timestamp)}</time>
          <a class="result-source" href={hrefOf('live', result.source)}>
            {result.source}
          </a>
          <span class="result-what">
            <Swatches result={result} />
            {result.error ? result.error.message : summaryOf(result.predictions)}
          </span>
          {detailed && <span class="result-image">{result.image}</span>}
          {detailed && (
            <span class="result-model">
              {result.model ? `${result.model.alias} ${result.model.version}` : result.service}
            </span>
          )}
          <span class="result-ms">{result.timings ? `${Math.round(result.timings.totalMs)} ms` : ''}</span>
        </li>
      ))}
    </ol>
  );
}

function Swatches({ result }: { readonly result: ResultMessage }) {
  const classes = [...new Set(result.predictions.map(({ classId }) => classId))].slice(0, 4);
  return (
    <span class="swatches" aria-hidden="true">
      {classes.map((classId) => (
        <span class="swatch" key={classId} style={{ background: classColor(classId) }} />
      ))}
    </span>
  );
}
