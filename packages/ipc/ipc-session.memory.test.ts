import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { FakeClock } from '../../testing/clock/fake-clock.ts';
import { RIG_TIMING, HEARER, SECRET } from '../../testing/ipc/nucleus-rig.ts';
import type { RigOptions, NucleusRig } from '../../testing/ipc/nucleus-rig.ts';
import { sessionConformance } from '../../testing/ipc/session-conformance.ts';
import { connectIpc } from './connect-ipc.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import type { IpcSession } from './session.ts';
import { untilAnswered } from './until-answered.ts';

const noEnvironment = { ipcToken: undefined, ipcSocket: undefined };

function memoryRig(
  options: RigOptions = {},
): NucleusRig & { readonly nucleus: MemoryNucleus; readonly clock: FakeClock } {
  const clock = new FakeClock();
  const nucleus = new MemoryNucleus({ clock, ...options });
  nucleus.secrets.set(SECRET.name, SECRET.text);
  const sessions: IpcSession[] = [];
  let random = 0;
  const until = async (condition: () => boolean): Promise<void> => {
    for (let step = 0; !condition(); step++) {
      if (step > 100_000) throw new Error('the condition never held');
      await clock.advance(10);
    }
  };
  return {
    nucleus,
    clock,
    session(component, sessionOptions) {
      const session = connectIpc({
        ...RIG_TIMING,
        component,
        environment: { ...noEnvironment, nucleus: options.lite ? 'lite' : 'java' },
        transport: nucleus.transport(component),
        clock,
        random: () => (random = (random + 0.37) % 1),
        ...sessionOptions,
      });
      sessions.push(session);
      return session;
    },
    configure: (component, keyPath, value) => nucleus.configure(component, keyPath, value),
    async killSocket() {
      const revive = nucleus.hideSocket();
      nucleus.dropConnections();
      return async () => revive();
    },
    stallSubscriptions: () => nucleus.stallSubscriptions(),
    refuseTokens: () => nucleus.refuseConnections(),
    delayAnswers: (ms) => nucleus.delayAnswers(ms),
    denyPubsub(component) {
      const undo = [nucleus.deny(component, 'PublishToTopic'), nucleus.deny(component, 'SubscribeToTopic')];
      return () => undo.forEach((each) => each());
    },
    streams: (component) =>
      nucleus.connections.reduce((sum, each) => sum + (each.component === component ? each.streams : 0), 0),
    announceUpdate: (component) => nucleus.announceUpdate(component),
    async askValidity(component, configuration) {
      const { status, message } = await nucleus.askValidity(component, configuration);
      return status === 'REJECTED' ? message : undefined;
    },
    get iotMessages() {
      return nucleus.iotMessages;
    },
    deliverIot: (topic, payload) => nucleus.deliverIot(topic, Buffer.from(payload)),
    get reportedStates() {
      return nucleus.states.map(({ component, state }) => `${component} ${state}`);
    },
    until,
    async close() {
      await Promise.all(sessions.map((session) => session.close()));
      // Answers that the twin still held back.
      await clock.advance(10_000);
      expect(clock.pending).toBe(0);
    },
  };
}

sessionConformance('a nucleus in memory', async (options) => memoryRig(options));

describe('IpcSession timing', () => {
  it('notices a stall within 90 seconds with its default heartbeat', async () => {
    const rig = memoryRig();
    const { nucleus, clock } = rig;
    const hearer = rig.session(HEARER, { heartbeat: { intervalMs: 15_000, missedBeats: 3 } });
    await hearer.ready();
    await clock.advance(60_000);
    let lostAt: number | undefined;
    hearer.onState((state) => {
      if (state === 'disconnected') lostAt ??= clock.monotonic();
    });

    nucleus.stallSubscriptions();
    const stalledAt = clock.monotonic();
    await clock.advance(90_000);

    expect(lostAt).toBeDefined();
    expect((lostAt ?? 0) - stalledAt).toBeLessThan(90_000);
    await rig.close();
  });

  it('makes a stream again that the nucleus alone has ended', async () => {
    const rig = memoryRig();
    const { nucleus } = rig;
    const hearer = rig.session(HEARER, { heartbeat: false });
    const messages: unknown[] = [];
    await hearer.subscribeLocal('talk', ({ message }) => messages.push(message));

    nucleus.endStreams('SubscribeToTopic');
    expect(rig.streams(HEARER)).toBe(0);
    await rig.until(() => rig.streams(HEARER) === 1);
    nucleus.publish('talk', { n: 1 });
    await rig.until(() => messages.length === 1);

    expect(hearer.state).toBe('connected');
    await rig.close();
  });

  it('makes a silent subscription again, which lite has made deaf, and misses nothing meanwhile', async () => {
    const rig = memoryRig({ lite: true });
    const { nucleus, clock } = rig;
    const hearer = rig.session(HEARER, { heartbeat: false });
    const messages: unknown[] = [];
    await hearer.subscribeLocal('talk', ({ message }) => messages.push(message));
    const tooMuch = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, n]));

    nucleus.publish('talk', tooMuch);
    nucleus.publish('talk', { n: 0 });
    await clock.advance(59_000);
    expect(messages).toEqual([]);
    await clock.advance(1_500);
    // Both streams are open: the old one deaf, the new one not.
    nucleus.publish('talk', { n: 1 });
    expect(rig.streams(HEARER)).toBe(2);
    await clock.advance(2_000);
    expect(rig.streams(HEARER)).toBe(1);
    nucleus.publish('talk', { n: 2 });
    await clock.advance(10);

    expect(messages).toEqual([{ n: 1 }, { n: 2 }]);
    await rig.close();
  });

  it('hears every message once while a subscription is made again, and leaves alone one that is not silent', async () => {
    const rig = memoryRig();
    const { nucleus, clock } = rig;
    const hearer = rig.session(HEARER, { heartbeat: false });
    const silent: unknown[] = [];
    const messages: unknown[] = [];
    await hearer.subscribeLocal('silent', ({ message }) => silent.push(message));
    await hearer.subscribeLocal('talk', ({ message }) => messages.push(message));
    let [most, sent] = [0, 0];
    for (let second = 0; second < 150; second++) {
      nucleus.publish('talk', { second });
      await clock.advance(1_000);
      most = Math.max(most, rig.streams(HEARER));
      if (rig.streams(HEARER) < 3) continue;
      nucleus.publish('silent', { same: true });
      sent++;
    }

    expect(most).toBe(3);
    expect(sent).toBeGreaterThan(0);
    expect(silent).toHaveLength(sent);
    expect(messages).toEqual(Array.from({ length: 150 }, (_, second) => ({ second })));
    await rig.close();
  });

  it('asks ever more rarely for a heartbeat that is refused, and at once on a new connection', async () => {
    const rig = memoryRig();
    const { nucleus, clock } = rig;
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (_: object, event: string) => void warnings.push(event) };
    const beats = (): number => nucleus.refused.filter((operation) => operation === 'SubscribeToTopic').length;
    const grant = rig.denyPubsub(HEARER);
    const hearer = rig.session(HEARER, { heartbeat: { intervalMs: 15_000, missedBeats: 3 }, log });
    await hearer.ready();

    await clock.advance(24 * 3_600_000);

    expect(beats()).toBeLessThan(40);
    expect(warnings.filter((event) => event === 'ipc.heartbeat-failed')).toHaveLength(1);
    expect(hearer.state).toBe('connected');

    const before = beats();
    nucleus.dropConnections();
    await clock.advance(30_000);
    expect(beats()).toBeGreaterThan(before);
    grant();
    nucleus.dropConnections();
    await clock.advance(30_000);
    expect(rig.streams(HEARER)).toBe(1);
    await rig.close();
  });

  it('reads configuration again now and then, in case an update event was lost', async () => {
    const rig = memoryRig();
    const { nucleus, clock } = rig;
    const hearer = rig.session(HEARER, { configurationRefreshMs: 300_000, heartbeat: false });
    const told: unknown[] = [];
    await hearer.onConfiguration((configuration) => told.push(configuration));
    nucleus.configuration.set(HEARER, ['Interval'], 3);

    await clock.advance(299_000);
    expect(told).toEqual([]);
    await clock.advance(2_000);

    expect(told).toEqual([{ Interval: 3 }]);
    await rig.close();
  });

  it('abandons a handshake that is never answered', async () => {
    const rig = memoryRig();
    const { nucleus, clock } = rig;
    const answer = nucleus.ignoreConnections();
    const hearer = rig.session(HEARER, { connectTimeoutMs: 30_000 });
    const readiness = expect(hearer.ready()).rejects.toMatchObject({ code: 'ipc.timeout' });
    await clock.advance(30_000);
    await readiness;

    answer();
    await clock.advance(3_000);

    expect(hearer.state).toBe('connected');
    await rig.close();
  });

  it('gives up a token that is refused for as long as it takes, not while the nucleus only starts', async () => {
    const rig = memoryRig();
    const { nucleus, clock } = rig;
    const givenUp: string[] = [];
    const timing = { backoff: { baseMs: 100, capMs: 3_000 }, refusedForMs: 5_000, heartbeat: false } as const;
    const hearer = rig.session(HEARER, { ...timing, onGiveUp: ({ code }) => givenUp.push(code) });
    await hearer.ready();

    const accept = nucleus.hangUp();
    nucleus.dropConnections();
    await clock.advance(4_500);
    accept();
    await rig.until(() => hearer.state === 'connected');
    expect(givenUp).toEqual([]);

    nucleus.hangUp();
    nucleus.dropConnections();
    await clock.advance(4_500);
    expect([hearer.state, ...givenUp]).toEqual(['disconnected']);
    await clock.advance(60_000);
    expect([hearer.state, ...givenUp]).toEqual(['refused', 'ipc.refused']);
    await rig.close();
  });

  it('waits longer between attempts, but never over the cap, and not at all in step with others', async () => {
    const rig = memoryRig();
    const { nucleus, clock } = rig;
    nucleus.hideSocket();
    const attempts: number[] = [];
    const transport = nucleus.transport(HEARER);
    rig.session(HEARER, {
      backoff: { baseMs: 100, capMs: 3_000 },
      random: () => 1,
      transport: {
        open: (onClosed, signal) => {
          attempts.push(clock.monotonic());
          return transport.open(onClosed, signal);
        },
      },
    });

    await clock.advance(13_000);

    const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(gaps).toEqual([100, 200, 400, 800, 1600, 3000, 3000, 3000]);
    await rig.close();
  });

  it('never writes a whole second as the time of an update', async () => {
    const rig = memoryRig({ lite: true });
    const { nucleus, clock } = rig;
    const hearer = rig.session(HEARER);
    await hearer.ready();
    expect(clock.now() % 1000).toBe(0);

    await hearer.mergeConfiguration([], { A: 1 });
    await hearer.mergeConfiguration([], { A: 2 });

    expect(nucleus.configuration.get(HEARER, ['A'])).toBe(2);
    await rig.close();
  });

  it('refuses more than a thousand waiting calls', async () => {
    const rig = memoryRig();
    const { nucleus } = rig;
    nucleus.hideSocket();
    const speaker = rig.session(HEARER);
    const waiting = Array.from({ length: 1_000 }, () => speaker.publishLocal('talk', {}).catch(() => 'ended'));

    await expect(speaker.publishLocal('talk', {})).rejects.toMatchObject({ code: 'ipc.overloaded' });

    await rig.close();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['ended']));
  });
});

describe('untilAnswered', () => {
  it('goes on waiting while the nucleus is only slow, and tells all other errors', async () => {
    const rig = memoryRig();
    const revive = rig.nucleus.hideSocket();
    const session = rig.session(HEARER, { connectTimeoutMs: 1_000 });
    let isReady = false;
    void untilAnswered(() => session.ready(), silentLogger).then(() => (isReady = true));
    await rig.clock.advance(60_000);
    expect(isReady).toBe(false);

    revive();
    await rig.until(() => isReady);
    rig.nucleus.deny(HEARER, 'PublishToTopic');
    await expect(untilAnswered(() => session.publishLocal('talk', {}), silentLogger)).rejects.toMatchObject({
      code: 'ipc.unauthorized',
    });

    await rig.close();
  });
});

describe('connectIpc without a nucleus', () => {
  it('gives a session that says and hears nothing', async () => {
    const session = connectIpc({ component: HEARER, environment: noEnvironment });

    await session.ready();
    await session.publishLocal('talk', {});
    await session.publishIot('talk', '');
    await session.updateState('RUNNING');
    await session.mergeConfiguration([], {});
    for (const subscription of [
      await session.subscribeLocal('talk', () => undefined),
      await session.subscribeIot('talk', () => undefined),
      await session.onConfiguration(() => undefined),
      await session.validateConfiguration(() => undefined),
      await session.onComponentUpdate(() => ({ deferMs: 0 })),
    ]) {
      await subscription.close();
    }

    expect(session.state).toBe('connected');
    expect(await session.getConfiguration()).toEqual({});
    expect(await session.getConfiguration(['A'])).toBeUndefined();
    session.onState(() => undefined)();
    await session.close();
    expect(session.state).toBe('closed');
  });
});
