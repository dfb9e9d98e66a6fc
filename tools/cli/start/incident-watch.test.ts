import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { Incident } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import type { BrokerState } from '../../local-core/mqtt/broker-state.ts';
import { LocalPubSub } from '../../local-core/pubsub/local-pubsub.ts';
import { MemoryIo } from '../frame/io.ts';
import { Output } from '../frame/output.ts';
import { IncidentWatch } from './incident-watch.ts';

const APP = 'edgeml.InferenceApp';
const lost: Incident = {
  code: 'source.stream-lost',
  subject: 'source gate',
  severity: 'error',
  message: 'stream rtsp://gate ended',
  todo: 'Look at the camera.',
  since: '2026-01-01T00:00:00.000Z',
};

let io: MemoryIo;
let clock: FakeClock;
let pubsub: LocalPubSub;
let tellBroker: (state: BrokerState) => void;
let watch: IncidentWatch;

beforeEach(() => {
  [io, clock, pubsub] = [new MemoryIo(), new FakeClock(), new LocalPubSub(silentLogger)];
  const onBroker = (listener: (state: BrokerState) => void) => {
    tellBroker = listener;
    return () => undefined;
  };
  watch = new IncidentWatch({ pubsub, onBroker }, new Output(io, false), clock);
});

const tell = async (event: string, incident: Incident): Promise<void> => {
  const message = { event, component: APP, incident, timestamp: '', thing: 't' };
  pubsub.publish({ topic: 'edgeml/events', publisher: APP, body: { kind: 'json', value: message } });
  await clock.advance(0);
};

describe('IncidentWatch', () => {
  it('says what is wrong, with what to do, and when it is right again', async () => {
    watch.speak();
    await tell('incident.opened', lost);
    await clock.advance(1_500);
    await tell('incident.resolved', lost);

    expect(io.err).toBe(
      `ERROR    ${APP}: stream rtsp://gate ended\n` +
        '         What to do: Look at the camera.\n' +
        `SOLVED   ${APP}: stream rtsp://gate ended\n`,
    );
  });

  it('keeps quiet about what is over within a moment, and while everything starts', async () => {
    await tell('incident.opened', lost);
    await clock.advance(60_000);
    await tell('incident.resolved', lost);
    watch.speak();
    await tell('incident.opened', lost);
    await clock.advance(1_000);
    await tell('incident.resolved', lost);
    await clock.advance(60_000);

    expect(io.err).toBe('');
  });

  it('says what was wrong at the start and still is', async () => {
    await tell('incident.opened', lost);
    watch.speak();
    await clock.advance(1_500);

    expect(io.err).toContain('stream rtsp://gate ended');
  });

  it('says that the broker is away, and that it is back', async () => {
    watch.speak();
    tellBroker({ url: 'mqtt://broker:1883', online: false, since: '' });
    await clock.advance(1_500);
    tellBroker({ url: 'mqtt://broker:1883', online: true, since: '' });

    expect(io.err).toMatch(
      /^ERROR {4}broker: the MQTT broker mqtt:\/\/broker:1883 cannot be reached\n.*What to do: Start the broker.*\nSOLVED/,
    );
  });
});
