import { useRef, useState } from 'preact/hooks';
import type { ResultMessage, SourceReport } from '#packages/http';
import { classColor } from '../state/class-color.ts';
import type { FeedPicture } from '../state/picture-feed.ts';
import { hrefOf } from '../state/route.ts';
import type { PageState } from '../state/store.ts';
import { SKIP_WORDS } from '../state/words.ts';
import { Fact } from './fact.tsx';
import { KeepSample } from './keep-sample.tsx';
import { Picture } from './picture.tsx';
import { ResultList } from './result-list.tsx';
import { sourceStatus } from './source-status.ts';
import { usePicture } from './use-picture.ts';

/** One source in full: the picture, what was found on it, and every number there is. */
export function SourceFocus({ source, state }: { readonly source: SourceReport; readonly state: PageState }) {
  const element = useRef<HTMLDivElement>(null);
  const live = usePicture(source.name, element);
  const [frozen, setFrozen] = useState<FeedPicture>();
  const picture = frozen ?? live;
  const { word, level } = sourceStatus(source);
  const answers = picture?.shown.answers ?? [];
  const predictions = answers.flatMap((answer) => answer.predictions);
  const results = state.results.filter((result) => result.source === source.name).slice(-12);
  return (
    <article class="focus">
      <header>
        <a href={hrefOf('live')} class="back">
          All sources
        </a>
        <h1>
          <span class={`dot ${level}`} aria-hidden="true" /> {source.name}
        </h1>
        <span class="tile-word">{word}</span>
        <span class="focus-from">{source.from}</span>
      </header>
      <div class="focus-picture" ref={element}>
        {picture ? (
          <Picture bitmap={picture.bitmap} predictions={predictions} name={source.name} />
        ) : (
          <p class="no-picture">No picture yet</p>
        )}
        {picture && (
          <p class="focus-image">
            {picture.shown.image}
            {frozen && <b> held still</b>}
          </p>
        )}
      </div>
      <div class="focus-side">
        <Facts source={source} />
        {answers.map((answer) => (
          <Answer key={answer.service} answer={answer} />
        ))}
        {picture && (
          <KeepSample
            source={source.name}
            picture={picture}
            mayWrite={state.mayWrite}
            onOpen={() => setFrozen(picture)}
            onClose={() => setFrozen(undefined)}
          />
        )}
        <section aria-labelledby="focus-results">
          <h2 id="focus-results">Last results</h2>
          <ResultList results={results} />
        </section>
      </div>
    </article>
  );
}

function Facts({ source: { results, stream, skipped, motion, mode, type } }: { readonly source: SourceReport }) {
  const lost = Object.entries(skipped).filter(([, count]) => count > 0);
  return (
    <dl class="facts">
      <Fact name="Results" value={`${results.perSecond.toFixed(1)}/s`} more={`${results.count} since the start`} />
      {results.p50Ms !== undefined && (
        <Fact
          name="Frame to result"
          value={`${Math.round(results.p50Ms)} ms`}
          more={`p95 ${Math.round(results.p95Ms ?? results.p50Ms)} ms`}
        />
      )}
      {stream && (
        <Fact
          name="Frames"
          value={String(stream.frames)}
          more={`${stream.decoding ?? 'not decoded yet'}, opened again ${stream.restarts}×`}
        />
      )}
      {motion && (
        <Fact name="Motion" value={motion.isMoving ? 'yes' : 'no'} more={`${motion.unchanged} frames left out`} />
      )}
      <Fact name="Read as" value={type} more={mode} />
      <Fact
        name="Without an answer"
        value={String(lost.reduce((sum, [, count]) => sum + count, 0))}
        more={lost.map(([reason, count]) => `${count} ${SKIP_WORDS[reason] ?? reason}`).join(', ') || 'none'}
      />
    </dl>
  );
}

/** The answer of one service to the picture, most certain first. */
function Answer({ answer }: { readonly answer: ResultMessage }) {
  const { service, model, provider, timings, predictions, error } = answer;
  return (
    <section class="answer" aria-label={`Answer of ${service}`}>
      <h2>
        {service} <span>{model?.version}</span>
        <span class="answer-facts">
          {provider} {timings ? `${timings.totalMs.toFixed(1)} ms` : ''}
        </span>
      </h2>
      {error && <p class="problem error">{error.message}</p>}
      {!error && predictions.length === 0 && <p class="empty small">Nothing found.</p>}
      <ol>
        {predictions.slice(0, 12).map(({ classId, label, score, text }, at) => (
          <li key={at}>
            <span class="swatch" style={{ background: classColor(classId) }} aria-hidden="true" />
            <span class="answer-label">{text ?? label}</span>
            <span class="bar" aria-hidden="true">
              <span style={{ width: `${Math.round(score * 100)}%`, background: classColor(classId) }} />
            </span>
            <span class="score">{score.toFixed(2)}</span>
          </li>
        ))}
      </ol>
      {predictions.length > 12 && <p class="empty small">and {predictions.length - 12} more</p>}
    </section>
  );
}
