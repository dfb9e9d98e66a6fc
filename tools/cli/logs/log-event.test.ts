import { describe, expect, it } from 'vitest';
import { logLine, readLogLine } from './log-event.ts';

const plain = { paint: (_color: string, text: string) => text };
const shown = (line: string): string => logLine(readLogLine('a.A', line), plain);
const wrap = (text: string, level = 'INFO', kind = 'stdout'): string =>
  `2026-02-03T00:00:00.000Z [${level}] (Copier) a.A: ${kind}. ${text}. {scriptName=services.a.A.lifecycle.run, serviceName=a.A, currentState=RUNNING}`;

describe('a line of a log', () => {
  it('has the level, the time and the event of what the component said, not of how the nucleus wrapped it', () => {
    const event = {
      level: 'warn',
      time: '2026-02-03T00:00:00.123Z',
      component: 'edgeml.InferenceApp',
      event: 'source.stream-lost',
      source: 'gate',
      error: {
        message: 'stream rtsp://*** ended\nwithout a frame',
        code: 'source.stream-failed',
        cause: { message: 'refused' },
      },
    };
    expect(shown(wrap(JSON.stringify(event)))).toBe(
      '2026-02-03 00:00:00.123  WARN   edgeml.InferenceApp  source.stream-lost  ' +
        'stream rtsp://*** ended | without a frame (source.stream-failed) because refused source=gate',
    );
  });

  it('of another program is the text that it wrote', () => {
    expect(shown(wrap('Traceback. (most recent call last)', 'WARN', 'stderr'))).toBe(
      '2026-02-03 00:00:00.000  WARN   a.A  stderr  Traceback. (most recent call last)',
    );
    expect(shown(wrap('{"not": "ours"}'))).toContain('INFO   a.A  stdout  {"not": "ours"}');
  });

  it('of the core itself is an event already', () => {
    expect(shown('{"time":"2026-02-03T00:00:00.000Z","level":"info","event":"mqtt.offline","broker":"mqtt://b"}')).toBe(
      '2026-02-03 00:00:00.000  INFO   a.A  mqtt.offline  broker=mqtt://b',
    );
  });

  it('shows values that need it in quotes, and lists as JSON', () => {
    const facts = { path: 'a b', list: [1, 2], n: 3, none: null };
    expect(shown(JSON.stringify({ time: '', level: 'error', event: 'x', ...facts }))).toContain(
      'x  path="a b" list=[1,2] n=3 none=null',
    );
  });

  it('that is cut, or of a strange form, is shown as it is', () => {
    expect(shown('at com.example.Main(Main.java:3)')).toContain('a.A  at com.example.Main(Main.java:3)');
  });
});
