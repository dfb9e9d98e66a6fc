import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { HABITS, HABITS_ELSEWHERE, HABIT_POINTS } from '../../testing/edge-manager/habits.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

/** Habits of programs and documents of the old systems. */
describe('habits of clients', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let agent: EdgeAgent;

  beforeAll(async () => {
    folder = await temporaryFolder();
    agent = await EdgeAgent.start(folder.path);
  });
  afterAll(async () => {
    await agent.stop();
    await folder.remove();
  });

  it.each(HABITS)('$point: $habit ($seenIn)', async (habit) => {
    await habit.run({ agent, client: agent.client(habit.generation), folder: folder.path });
  });

  it.each(HABITS_ELSEWHERE)('$point: $habit ($seenIn) has a test of its own', async ({ test: [file, title] }) => {
    const text = await readFile(path.join(PROJECT, file), 'utf8');
    expect(text.split(title)).toHaveLength(2);
  });

  it('are there for every point', () => {
    const points = [...HABITS, ...HABITS_ELSEWHERE].map(({ point }) => String(point));
    expect([...new Set(points)].sort()).toEqual(Object.keys(HABIT_POINTS).sort());
  });
});
