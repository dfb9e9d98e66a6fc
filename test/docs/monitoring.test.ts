import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { PROJECT } from '../../tools/bundle/project.ts';
import { boardFaults } from '../../testing/monitoring/check-board.ts';
import { ALERTS, BOARDS, alertRules, boardQueries, boardText } from '../../testing/monitoring/monitoring-files.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { promtool } from '../../testing/outside-data/programs.ts';

const FOLDER = path.dirname(ALERTS);
const check = (...words: string[]): string => execFileSync('promtool', words, { encoding: 'utf8', stdio: 'pipe' });

describe('the alert rules', await needs(promtool), () => {
  it('are taken by Prometheus, and fire when they should and only then', () => {
    expect(check('check', 'rules', ALERTS)).toContain(`${alertRules().length} rules found`);
    expect(check('test', 'rules', path.join(FOLDER, 'alerts.test.yaml'))).toContain('SUCCESS');
  });

  it('share their language with the board', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-board-'));
    const file = path.join(folder, 'board.yaml');
    const rules = boardQueries().map((expr, index) => ({ record: `board:query:${index}`, expr }));
    await writeFile(file, stringify({ groups: [{ name: 'board', rules }] }));
    expect(check('check', 'rules', file)).toContain(`${rules.length} rules found`);
    await rm(folder, { recursive: true });
  });
});

describe('the boards', () => {
  it.each(BOARDS)('%s is one by the types that Grafana publishes for panels and queries', (name) => {
    expect(boardFaults(boardText(name))).toEqual([]);
  });

  it('would be refused for a key or a value that Grafana does not know', () => {
    const text = boardText('dashboard.json')
      .replace('"legendFormat"', '"legend"')
      .replace('"colorMode": "value"', '"colorMode": "hue"');
    const faults = boardFaults(text).join('\n');
    expect(faults).toContain('\'"legend"\' does not exist');
    expect(faults).toContain('"hue"');
  });
});

describe('the runbook', () => {
  it('has a section for each alert, which the alert names', async () => {
    const headings = (await readFile(path.join(PROJECT, 'docs/monitoring.md'), 'utf8')).match(/^### .*$/gm);
    expect(headings).toEqual(alertRules().map(({ alert }) => `### ${alert}`));
    for (const { alert, annotations } of alertRules())
      expect(annotations.runbook).toBe(`docs/monitoring.md#${alert.toLowerCase()}`);
  });

  it('is tested for each alert', async () => {
    const tests = await readFile(path.join(FOLDER, 'alerts.test.yaml'), 'utf8');
    for (const { alert } of alertRules()) expect(tests.split(`alertname: ${alert}`)).toHaveLength(3);
  });
});
