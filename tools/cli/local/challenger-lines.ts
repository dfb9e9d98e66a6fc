import type { ChallengerReport } from '#packages/http';

const STATES: Readonly<Record<ChallengerReport['state'], string>> = {
  comparing: 'is compared with it',
  paused: 'sees nothing: its share is 0 (ChallengerShare)',
  'no-champion': 'waits: no model serves',
  'same-package': 'is the same package, so that there is nothing to compare',
  'not-comparable': 'does another task, or answers with tensors: nothing is compared',
};

/** A challenger and how it does, for people. */
export function challengerLines(report: ChallengerReport): readonly string[] {
  const { alias, challenger, champion, state, sharePercent, cpuPercent, comparison } = report;
  const { frames, agreed, failed, skipped, findings, meanIou, meanScoreDifference, latency, memoryBytes } = comparison;
  const beside = champion ? ` beside ${champion.version}` : '';
  const first = `${alias}: ${challenger.name} ${challenger.version}${beside} ${STATES[state]}`;
  if (frames + failed === 0 && state !== 'comparing') return [first];
  const { same, otherClass, championOnly, challengerOnly } = findings;
  const row = (what: string, text: string): string => `  ${what.padEnd(10)}${text}`;
  const overlap = meanIou === undefined ? '' : `; mean overlap ${meanIou.toFixed(2)}`;
  const scores = meanScoreDifference === undefined ? '' : `; scores ${signed(meanScoreDifference)}`;
  return [
    first,
    row('share', `${sharePercent} % of the pictures, ${cpuPercent} % of a core at most`),
    row(
      'agreement',
      `${agreed} of ${frames} pictures${frames > 0 ? ` (${((100 * agreed) / frames).toFixed(1)} %)` : ''}`,
    ),
    row(
      'findings',
      `${same} the same, ${otherClass} of another class, ${championOnly} missing, ${challengerOnly} new${overlap}${scores}`,
    ),
    ...(latency
      ? [row('latency', `p50 ${pair(latency, 'p50Ms')}; p95 ${pair(latency, 'p95Ms')} of the one that serves`)]
      : []),
    ...(memoryBytes?.challenger === undefined
      ? []
      : [
          row(
            'memory',
            `${megabytes(memoryBytes.challenger)}, ${megabytes(memoryBytes.champion)} of the one that serves`,
          ),
        ]),
    row(
      'not seen',
      `${skipped.queue} for the queue, ${skipped.budget} for the CPU share, ${skipped.busy} still busy, ${failed} failed`,
    ),
    ...comparison.differences.slice(0, 3).map(({ at, reason }) => row('differs', `${at} ${reason}`)),
  ];
}

type Latency = NonNullable<ChallengerReport['comparison']['latency']>;

function pair({ challenger, champion }: Latency, key: 'p50Ms' | 'p95Ms'): string {
  return `${challenger[key].toFixed(1)} ms, ${champion[key].toFixed(1)} ms`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '?' : `${Math.round(bytes / 1e6)} MB`;
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(3)}`;
}
