import { beforeEach, describe, expect, it } from 'vitest';
import { EdgeError, Incidents, parseConfiguration, silentLogger } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import type { FeedbackAnswer, FeedbackHealth, FeedbackSample, InvokeResult } from '#packages/http';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { appConfiguration } from '../config.ts';
import { Statistics } from '../statistics/statistics.ts';
import { testFrame } from '../../../testing/app/test-frame.ts';
import { ConfigIdCheck } from './config-id-check.ts';
import { FeedbackSender } from './feedback-sender.ts';

const error = (code: string, status = 503): EdgeError => new EdgeError(code, { status, todo: 'Nothing.' }, code);
const accepted: FeedbackAnswer = { id: '1', status: 'accepted', bucket: 'b', key: 'k', bytes: 3 };
const notWanted: FeedbackAnswer = { id: '2', status: 'sample_dropped_by_strategy', reason: 'no' };
const image = (bytes = 3) => ({ bytes: new Uint8Array(bytes), contentType: 'image/jpeg' });
const resultOf = (service: string): InvokeResult =>
  ({
    id: 'request-1',
    service,
    model: { alias: service, name: 'PartsDetector', version: '1.2.0' },
    predictions: [{ classId: 1, label: 'bolt', score: 0.9, box: [0, 0, 1, 1] }],
  }) as unknown as InvokeResult;

let clock: FakeClock;
let statistics: Statistics;
let lines: { level: string; event: string; facts: Record<string, unknown> }[];
let log: Logger;
let published: { configId: string; sample: FeedbackSample }[];
let answer: () => Promise<FeedbackAnswer>;
let configIds: Record<string, string>;
let sender: FeedbackSender;

beforeEach(() => {
  clock = new FakeClock();
  statistics = new Statistics();
  [lines, published] = [[], []];
  const note = (level: string) => (facts: object, event: string) =>
    void lines.push({ level, event, facts: { ...facts } });
  log = { ...silentLogger, info: note('info'), warn: note('warn'), error: note('error') };
  answer = async () => accepted;
  configIds = { Detector: 'Keep1' };
  sender = senderTo({
    publish: async (configId, sample) => {
      published.push({ configId, sample });
      return answer();
    },
  });
});

function senderTo(client: ConstructorParameters<typeof FeedbackSender>[0]['client']): FeedbackSender {
  const configIdOf = (service: string): string => configIds[service] ?? '';
  return new FeedbackSender({ client, configIdOf, clock, statistics, incidents: new Incidents(log) });
}

const offer = (service = 'Detector', bytes = 3): void =>
  sender.offer(testFrame(clock, 'belt.jpg'), image(bytes), resultOf(service));

describe('FeedbackSender', () => {
  it('row 19: gives each inference of a service with a ConfigId to the uploader, image and prediction', async () => {
    offer();
    await sender.close(1_000);

    expect(published).toMatchObject([
      {
        configId: 'Keep1',
        sample: {
          input: new Uint8Array(3),
          prediction: resultOf('Detector').predictions,
          metadata: {
            service: 'Detector',
            model: 'PartsDetector 1.2.0',
            source: 'line',
            image: 'belt.jpg',
            'taken-at': new Date(clock.now()).toISOString(),
          },
        },
      },
    ]);
    expect(statistics.counts).toMatchObject({ feedbackAccepted: 1, feedbackNotWanted: 0, feedbackLost: {} });
  });

  it('row 19: never gives an inference of a service without one', async () => {
    offer('Classifier');
    configIds = { Detector: '' };
    offer();
    await sender.close(1_000);

    expect(published).toEqual([]);
    expect(statistics.counts).toMatchObject({ feedbackAccepted: 0, feedbackLost: {} });
  });

  it('counts what the strategy does not want', async () => {
    answer = async () => notWanted;
    offer();
    await sender.close(1_000);

    expect(statistics.counts).toMatchObject({ feedbackNotWanted: 1, feedbackAccepted: 0 });
  });

  it.each([
    ['feedback.unreachable', 'unreachable'],
    ['feedback.connection-lost', 'unreachable'],
    ['feedback.not-ready', 'unreachable'],
    ['feedback.timeout', 'timeout'],
    ['feedback.request-limit', 'limit'],
    ['feedback.unknown-config', 'unknown-config'],
    ['spool.full', 'refused'],
  ])('counts %s as %s, and says it once', async (code, reason) => {
    answer = () => Promise.reject(error(code));
    for (let n = 0; n < 3; n++) offer();
    await clock.advance(0);
    answer = async () => accepted;
    offer();
    await sender.close(1_000);

    expect(statistics.counts).toMatchObject({ feedbackAccepted: 1, feedbackLost: { [reason]: 3 } });
    expect(lines.map(({ event }) => event)).toEqual(['feedback.lost', 'feedback.taken-again']);
  });

  it('holds a bounded number of samples while the uploader is slow, and loses the rest as full', async () => {
    answer = () => new Promise(() => undefined);
    for (let n = 0; n < 100; n++) offer();

    expect(published).toHaveLength(2);
    expect(statistics.counts.feedbackLost).toEqual({ full: 82 });
  });

  it('holds a bounded number of bytes', () => {
    answer = () => new Promise(() => undefined);
    for (let n = 0; n < 6; n++) offer('Detector', 10_000_000);

    // Two under way, three wait.
    expect(statistics.counts.feedbackLost).toEqual({ full: 1 });
  });

  it('ends in time, whatever the uploader does, and counts what was left', async () => {
    sender = senderTo({
      publish: (_configId, _sample, options) =>
        new Promise((_, reject) => options?.signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    });
    for (let n = 0; n < 5; n++) offer();

    const closing = sender.close(1_000);
    await clock.advance(1_000);
    await closing;
    offer();

    expect(statistics.counts.feedbackLost).toEqual({ stopped: 5 });
    expect(clock.pending).toBe(0);
  });

  it('loses everything if nothing says where the uploader is', async () => {
    sender = senderTo(undefined);
    offer();
    await sender.close(1_000);

    expect(statistics.counts.feedbackLost).toEqual({ unreachable: 1 });
  });
});

describe('ConfigIdCheck', () => {
  const healthy = (...configurations: string[]): FeedbackHealth => ({ status: 'ok', configurations, incidents: [] });
  const checkOf = (health: () => Promise<FeedbackHealth>): ConfigIdCheck =>
    new ConfigIdCheck({ client: { health }, clock, random: () => 1, incidents: new Incidents(log), log });

  it('row 20: names a ConfigId that the uploader does not have, loudly, with the one that was meant', async () => {
    const check = checkOf(async () => healthy('Keep-1', 'Other'));
    check.start(new Map([['Detector', 'Keep1']]));
    // Time for a deployment that reaches the uploader a little later.
    await clock.advance(4_900);
    expect(lines).toEqual([]);
    await clock.advance(200);

    expect(lines).toMatchObject([
      {
        level: 'error',
        event: 'feedback.unknown-config',
        facts: { service: 'Detector', configId: 'Keep1', known: ['Keep-1', 'Other'] },
      },
    ]);
    expect((lines[0]?.facts['error'] as Error).message).toContain('did you mean Keep-1.');
    check.stop();
  });

  it('says so when all is well', async () => {
    checkOf(async () => healthy('Keep1')).start(new Map([['Detector', 'Keep1']]));
    await clock.advance(0);

    expect(lines).toMatchObject([{ level: 'info', event: 'feedback.ready' }]);
  });

  it('waits for an uploader that comes later than the application', async () => {
    let health = (): Promise<FeedbackHealth> => Promise.reject(error('feedback.unreachable'));
    checkOf(() => health()).start(new Map([['Detector', 'Keep1']]));
    await clock.advance(120_000);
    health = async () => ({ status: 'starting', configurations: [], incidents: [] });
    await clock.advance(60_000);
    health = async () => healthy();
    await clock.advance(600_000);
    health = async () => healthy('Keep1');
    await clock.advance(60_000);

    expect(lines.map(({ event }) => event)).toEqual([
      'feedback.not-there',
      'feedback.answers',
      'feedback.unknown-config',
      'feedback.ready',
    ]);
    expect(clock.pending).toBe(0);
  });

  it('stops with the component, and asks nothing if no service has a ConfigId', async () => {
    const check = checkOf(() => Promise.reject(error('feedback.unreachable')));
    check.start(new Map([['Detector', 'Keep1']]));
    await clock.advance(1_000);
    check.start(new Map());
    await clock.advance(0);

    expect(clock.pending).toBe(0);
  });

  it('says what is missing if nothing says where the uploader is', () => {
    const check = new ConfigIdCheck({ client: undefined, clock, random: () => 1, incidents: new Incidents(log), log });
    check.start(new Map([['Detector', 'Keep1']]));

    expect(lines).toMatchObject([{ level: 'error', event: 'feedback.no-socket' }]);
  });
});

describe('MLFeedbackConnectorConfigId', () => {
  const configured = (id: string) =>
    parseConfiguration(
      appConfiguration,
      { Services: { Detector: { MLFeedbackConnectorConfigId: id } } },
      { component: 'edgeml.InferenceApp' },
    );

  it.each(['', 'ab', 'Keep-1', 'a'.repeat(63)])('takes %j', (id) => {
    expect(configured(id).Services['Detector']?.MLFeedbackConnectorConfigId).toBe(id);
  });

  it.each(['a', '-a', 'a_b', 'a'.repeat(64)])('refuses %j with its place', (id) => {
    expect(() => configured(id)).toThrow('/Services/Detector/MLFeedbackConnectorConfigId');
  });
});
