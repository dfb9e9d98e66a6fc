import type { Goal } from '../goals.ts';

/** Goals as a table of plain text. */
export function goalLines(goals: readonly Goal[]): readonly string[] {
  const [name, goal] = [widest(goals, 'name'), widest(goals, 'goal')];
  const row = (mark: string, one: Pick<Goal, 'name' | 'goal' | 'measured'>): string =>
    `${mark.padEnd(6)}  ${one.name.padEnd(name)}  ${one.goal.padEnd(goal)}  ${one.measured}`.trimEnd();
  return [
    row('', { name: 'Goal', goal: 'Wanted', measured: 'Measured' }),
    ...goals.map((one) => row(one.isReached ? 'ok' : 'MISSED', one)),
  ];
}

function widest(goals: readonly Goal[], key: 'name' | 'goal'): number {
  return Math.max(0, ...goals.map((one) => one[key].length));
}
