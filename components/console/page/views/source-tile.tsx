import { useRef } from 'preact/hooks';
import type { SourceReport } from '#packages/http';
import { hrefOf } from '../state/route.ts';
import { Picture } from './picture.tsx';
import { sourceStatus } from './source-status.ts';
import { usePicture } from './use-picture.ts';

/** One source on the wall: its picture, and how well it does. */
export function SourceTile({ source }: { readonly source: SourceReport }) {
  const element = useRef<HTMLAnchorElement>(null);
  const picture = usePicture(source.name, element);
  const { level, word } = sourceStatus(source);
  const { perSecond, p50Ms, p95Ms, count } = source.results;
  const predictions = picture?.shown.answers.flatMap((answer) => answer.predictions) ?? [];
  return (
    <a class="tile" href={hrefOf('live', source.name)} ref={element} aria-label={`${source.name}, ${word}`}>
      <div class="tile-picture">
        {picture ? (
          <Picture bitmap={picture.bitmap} predictions={predictions} name={source.name} labelsFrom={380} />
        ) : (
          <p class="no-picture">{source.state === 'running' ? 'No picture yet' : 'Nothing was shown'}</p>
        )}
      </div>
      <div class="tile-caption">
        <span class={`dot ${level}`} aria-hidden="true" />
        <span class="tile-name">{source.name}</span>
        <span class="tile-word">{word}</span>
        <span class="tile-numbers">
          {source.state === 'running' && perSecond > 0 ? <b>{perSecond.toFixed(1)}/s</b> : <b>{count} results</b>}
          {p50Ms !== undefined && source.mode !== 'once' && (
            <span title="time from frame to result: half of all, and 95 of 100, took no longer">
              {Math.round(p50Ms)} / {Math.round(p95Ms ?? p50Ms)} ms
            </span>
          )}
        </span>
      </div>
    </a>
  );
}
