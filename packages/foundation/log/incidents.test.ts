import { beforeEach, describe, expect, it } from 'vitest';
import { EdgeError } from '../errors/edge-error.ts';
import { Incidents } from './incidents.ts';
import type { Incident } from './incidents.ts';
import { silentLogger } from './logger.ts';

const error = (code: string, message: string): EdgeError => new EdgeError(code, { todo: 'Look at it.' }, message);

let time: number;
let lines: string[];
let changes: string[];
let incidents: Incidents;

beforeEach(() => {
  [time, lines, changes] = [0, [], []];
  const note = (_facts: object, event: string): void => void lines.push(event);
  incidents = new Incidents(
    { ...silentLogger, error: note, warn: note, info: note },
    {
      clock: { now: () => time },
      onChange: (change, { subject, code }) => void changes.push(`${change} ${subject} ${code}`),
    },
  );
});

describe('Incidents', () => {
  it('tells of an outage once, however its messages differ, and of its end once', () => {
    for (const address of ['0x55a1', '0x55b2', '0x55c3'])
      incidents.opened('source gate', 'source.stream-lost', {
        error: error('source.stream-failed', `[tcp @ ${address}]`),
      });
    incidents.resolved('source gate', 'source.streams-again');
    incidents.resolved('source gate', 'source.streams-again');

    expect(lines).toEqual(['source.stream-lost', 'source.streams-again']);
    expect(changes).toEqual(['opened source gate source.stream-lost', 'resolved source gate source.stream-lost']);
  });

  it('tells of another reason once, too, also if the two take turns', () => {
    for (const code of ['source.stream-failed', 'source.no-frame', 'source.stream-failed', 'source.no-frame'])
      incidents.opened('source gate', 'source.stream-lost', { error: error(code, 'away') });

    expect(lines).toHaveLength(2);
  });

  it('says what is wrong now, errors first, in the newest words, since its beginning, without credentials', () => {
    incidents.opened('setting /Typo', 'config.unknown-key', { message: 'not known' });
    time = 1_000;
    incidents.opened('source gate', 'source.stream-lost', { error: error('a', 'first'), severity: 'error' });
    time = 2_000;
    incidents.opened('source gate', 'source.stream-lost', {
      error: error('a', 'rtsp://u:geheim@cam'),
      severity: 'error',
    });

    expect(incidents.current).toEqual<Incident[]>([
      {
        code: 'source.stream-lost',
        subject: 'source gate',
        severity: 'error',
        message: 'rtsp://***@cam',
        todo: 'Look at it.',
        since: '1970-01-01T00:00:01.000Z',
      },
      {
        code: 'config.unknown-key',
        subject: 'setting /Typo',
        severity: 'warning',
        message: 'not known',
        since: '1970-01-01T00:00:00.000Z',
      },
    ]);
  });

  it('takes over what a look at the whole has found: new, other words, gone', () => {
    incidents.replace(
      'model.quarantined',
      new Map([
        ['model A', { message: 'two deaths' }],
        ['model B', {}],
      ]),
    );
    incidents.replace('model.quarantined', new Map([['model A', { message: 'two deaths' }]]));
    incidents.replace('model.quarantined', new Map([['model A', { message: 'five deaths' }]]));

    expect(changes).toEqual([
      'opened model A model.quarantined',
      'opened model B model.quarantined',
      'resolved model B model.quarantined',
      'opened model A model.quarantined',
    ]);
    expect(incidents.current).toMatchObject([{ message: 'five deaths' }]);
  });

  it('forgets what is gone, without a word in the log', () => {
    incidents.opened('source gate', 'source.stream-lost', {});
    incidents.forget('source gate');

    expect(lines).toEqual(['source.stream-lost']);
    expect(changes).toHaveLength(2);
    expect(incidents.current).toEqual([]);
  });
});
