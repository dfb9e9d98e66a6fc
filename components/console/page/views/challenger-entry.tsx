import type { ChallengerReport, Comparison } from '#packages/http';
import { Fact } from './fact.tsx';
import { clockWords, sizeWords } from './time-words.ts';

/** The model that runs beside the one that serves, and what comparing the two has shown so far. */
export function ChallengerEntry({ report }: { readonly report: ChallengerReport }) {
  const { challenger, champion, state, comparison, sharePercent, cpuPercent, alias } = report;
  const { frames, failed, skipped } = comparison;
  return (
    <section class="challenger" aria-label={`Challenger of ${alias}`}>
      <h3>
        Challenger {challenger.name === alias ? '' : challenger.name}
        <span class="version">{challenger.version}</span>
        <span class="tile-word">{STATES[state]}</span>
      </h3>
      {frames === 0 ? (
        <p class="empty">Nothing compared yet. It sees {sharePercent} % of the pictures at most.</p>
      ) : (
        <>
          <AgreementBar comparison={comparison} />
          <dl class="model-facts">
            <Fact name="Agreement" value={percentWords(comparison.agreed, frames)} more={`of ${frames} pictures`} />
            <Fact name="Boxes" {...boxWords(comparison)} />
            <Fact name="Scores" {...scoreWords(comparison)} />
            <Fact name="Time for a picture" {...latencyWords(comparison)} />
            <Fact name="Memory" {...memoryWords(comparison)} />
            <Fact
              name="Failures"
              value={String(failed)}
              more={`sees ${sharePercent} % of the pictures, ${cpuPercent} % of a core at most`}
            />
            <Fact
              name="Not seen"
              value={String(skipped.queue + skipped.budget + skipped.busy + skipped.gone)}
              more={`${skipped.queue} for the queue, ${skipped.budget} for its share of the CPU`}
            />
          </dl>
          <FindingsTable comparison={comparison} champion={champion?.version ?? ''} challenger={challenger.version} />
          <Differences comparison={comparison} />
        </>
      )}
    </section>
  );
}

const STATES: Readonly<Record<ChallengerReport['state'], string>> = {
  comparing: 'answers nobody, is compared',
  paused: 'paused: its share is 0',
  'no-champion': 'no model serves to compare it with',
  'same-package': 'the same package as the model that serves',
  'not-comparable': 'does another task than the model that serves',
};

/** How many pictures both answered alike; in words beside it. */
function AgreementBar({ comparison: { agreed, frames } }: { readonly comparison: Comparison }) {
  return (
    <div class="agreement" aria-hidden="true">
      <div style={{ width: `${(100 * agreed) / frames}%` }} />
    </div>
  );
}

function FindingsTable({
  comparison: { findings },
  champion,
  challenger,
}: {
  readonly comparison: Comparison;
  readonly champion: string;
  readonly challenger: string;
}) {
  const { same, otherClass, championOnly, challengerOnly } = findings;
  return (
    <table class="findings">
      <tbody>
        <Row name="Found by both, same class" count={same} />
        <Row name="Found by both, other class" count={otherClass} />
        <Row name={`Only by ${champion}, which serves`} count={championOnly} />
        <Row name={`Only by ${challenger}`} count={challengerOnly} />
      </tbody>
    </table>
  );
}

function Row({ name, count }: { readonly name: string; readonly count: number }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{count}</td>
    </tr>
  );
}

function Differences({ comparison: { differences } }: { readonly comparison: Comparison }) {
  if (differences.length === 0) return null;
  return (
    <details>
      <summary>Last pictures on which they differ</summary>
      <ul class="reasons">
        {differences.map(({ id, service, at, reason }) => (
          <li key={id}>
            {clockWords(at)} {service}: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

interface Words {
  readonly value: string;
  readonly more: string;
}

function boxWords({ findings: { same, otherClass, championOnly, challengerOnly }, meanIou }: Comparison): Words {
  const all = same + otherClass + championOnly + challengerOnly;
  return {
    value: all === 0 ? 'none' : `${percentWords(same + otherClass, all)} matched`,
    more: meanIou === undefined ? '' : `overlap ${meanIou.toFixed(2)}`,
  };
}

function scoreWords({ meanScoreDifference: difference }: Comparison): Words {
  if (difference === undefined) return { value: 'none to compare', more: '' };
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '';
  return { value: `${sign}${Math.abs(difference).toFixed(3)}`, more: 'of the challenger, on the same findings' };
}

function latencyWords({ latency }: Comparison): Words {
  if (!latency) return { value: 'not measured', more: '' };
  const { champion, challenger } = latency;
  return {
    value: `${challenger.p50Ms.toFixed(1)} ms`,
    more: `p95 ${challenger.p95Ms.toFixed(1)}; the one that serves ${champion.p50Ms.toFixed(1)}, p95 ${champion.p95Ms.toFixed(1)}`,
  };
}

function memoryWords({ memoryBytes: { champion, challenger } = {} }: Comparison): Words {
  return {
    value: challenger === undefined ? 'not told' : sizeWords(challenger),
    more: champion === undefined ? '' : `${sizeWords(champion)} of the one that serves`,
  };
}

/** Rounded down, so that "100 %" means all. */
function percentWords(part: number, whole: number): string {
  return `${Math.floor((1_000 * part) / whole) / 10} %`;
}
