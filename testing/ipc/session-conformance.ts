import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EdgeError } from '#packages/foundation';
import type { IpcSession } from '#packages/ipc';
import type { RigOptions, NucleusRig } from './nucleus-rig.ts';
import { HEARER, SECRET, SPEAKER } from './nucleus-rig.ts';

/** Objects and bytes that a nucleus of either kind takes; JSON knows no negative zero, and the session has its own key. */
const anyObject = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }), { maxKeys: 120, size: 'max' })
  .map((message) => JSON.parse(JSON.stringify(message)) as Record<string, unknown>)
  .filter((message) => !('_sender' in message) && Buffer.byteLength(JSON.stringify(message)) <= 7_000);
const anyBytes = fc.uint8Array({ maxLength: 7_000, size: 'max' }).map((bytes) => Buffer.from(bytes));
const anyMessage = fc.oneof({ arbitrary: anyObject, weight: 3 }, { arbitrary: anyBytes, weight: 1 });

/** Bytes of any kind of array are equal. */
const bytesAsList = (message: unknown): unknown => (message instanceof Uint8Array ? [...message] : message);

/** One suite for `IpcSession`, run on the nucleus in memory and on a socket with the official SDK. */
export function sessionConformance(name: string, openRig: (options?: RigOptions) => Promise<NucleusRig>): void {
  let rig: NucleusRig;
  let speaker: IpcSession;
  let hearer: IpcSession;

  const prepare = async (options: RigOptions = {}): Promise<void> => {
    rig = await openRig(options);
    speaker = rig.session(SPEAKER);
    hearer = rig.session(HEARER);
    await Promise.all([speaker.ready(), hearer.ready()]);
  };

  const heard = async (filter: string, options: { receive?: 'all' | 'others' } = {}) => {
    const messages: { topic: string; message: unknown }[] = [];
    const subscription = await hearer.subscribeLocal(filter, (message) => messages.push(message), options);
    return { messages, subscription };
  };

  const until = (condition: () => boolean): Promise<void> => rig.until(condition);

  afterEach(() => rig.close());

  describe(`IpcSession over ${name}`, () => {
    beforeEach(() => prepare());

    it('brings objects and bytes from one component to another', async () => {
      const { messages } = await heard('parts/+');

      await speaker.publishLocal('parts/bolt', { score: 0.9, nested: { list: [1, 'ä'] } });
      await speaker.publishLocal('parts/raw', new Uint8Array([0, 255, 7]));
      await until(() => messages.length === 2);

      expect(messages[0]).toEqual({ topic: 'parts/bolt', message: { score: 0.9, nested: { list: [1, 'ä'] } } });
      expect(messages[1]?.topic).toBe('parts/raw');
      expect([...(messages[1]?.message as Uint8Array)]).toEqual([0, 255, 7]);
    });

    it('reads a secret of the device, and says which one there is not', async () => {
      expect(await speaker.getSecret(SECRET.name)).toBe(SECRET.text);
      await expect(speaker.getSecret('edgeml/other')).rejects.toMatchObject({
        code: 'ipc.no-secret',
        message: expect.stringContaining('edgeml/other') as string,
      });
    });

    it('hears itself on request, and only others on request', async () => {
      const all: unknown[] = [];
      const others: unknown[] = [];
      await hearer.subscribeLocal('talk', ({ message }) => all.push(message), { receive: 'all' });
      await hearer.subscribeLocal('talk', ({ message }) => others.push(message), { receive: 'others' });

      await hearer.publishLocal('talk', { from: 'me' });
      await speaker.publishLocal('talk', { from: 'you' });
      await until(() => all.length === 2 && others.length === 1);

      expect(all).toEqual([{ from: 'me' }, { from: 'you' }]);
      expect(others).toEqual([{ from: 'you' }]);
    });

    it('hears nothing more after the subscription is closed', async () => {
      const { messages, subscription } = await heard('talk');
      const { messages: control } = await heard('talk');

      await subscription.close();
      await speaker.publishLocal('talk', { n: 1 });
      await until(() => control.length === 1);

      expect(messages).toEqual([]);
    });

    it('goes on after a handler has thrown', async () => {
      const seen: unknown[] = [];
      await hearer.subscribeLocal('talk', ({ message }) => {
        seen.push(message);
        throw new Error('handler');
      });

      await speaker.publishLocal('talk', { n: 1 });
      await speaker.publishLocal('talk', { n: 2 });
      await until(() => seen.length === 2);
    });

    it.each([[[1]], ['text'], [null], [7]])('refuses %j as a local message', async (message) => {
      await expect(speaker.publishLocal('talk', message)).rejects.toMatchObject({ code: 'ipc.not-an-object' });
    });

    it('refuses topics that would harm the device, before the nucleus sees them', async () => {
      const deep = 'a/b/c/d/e/f/g/h/i';

      await expect(speaker.publishLocal('a/#', {})).rejects.toMatchObject({ code: 'topic.invalid' });
      await expect(speaker.publishIot(deep, 'x')).rejects.toMatchObject({ code: 'topic.invalid' });
      await expect(hearer.subscribeIot('a/b#', () => undefined)).rejects.toMatchObject({ code: 'topic.invalid' });
    });

    it('talks with IoT Core', async () => {
      const received: string[] = [];
      await hearer.subscribeIot('edgeml/+/ask', ({ topic, payload }) =>
        received.push(`${topic} ${Buffer.from(payload).toString()}`),
      );

      await speaker.publishIot('edgeml/t/results/Parts', '{"n":1}', { qos: 0 });
      await speaker.publishIot('edgeml/t/results/Parts', new TextEncoder().encode('bytes'));
      rig.deliverIot('edgeml/t/ask', 'hello');
      await until(() => received.length === 1 && rig.iotMessages.length === 2);

      expect(received).toEqual(['edgeml/t/ask hello']);
      expect(rig.iotMessages).toMatchObject([
        { topic: 'edgeml/t/results/Parts', payload: '{"n":1}' },
        { topic: 'edgeml/t/results/Parts', payload: 'bytes' },
      ]);
    });

    it('refuses messages that nucleus lite would drop without a word', async () => {
      const text = 'x'.repeat(9_900);

      await expect(speaker.publishLocal('talk', { text })).rejects.toMatchObject({
        code: 'ipc.message-too-large',
        facts: { topic: 'talk' },
      });
      await expect(speaker.publishIot('talk', text)).rejects.toMatchObject({ code: 'ipc.message-too-large' });
    });

    it('reports its state', async () => {
      await speaker.updateState('RUNNING');

      expect(rig.reportedStates).toEqual([`${SPEAKER} RUNNING`]);
    });
  });

  describe(`IpcSession configuration over ${name}`, () => {
    beforeEach(async () => {
      await prepare();
      rig.configure(HEARER, ['Interval'], '10');
      rig.configure(HEARER, ['Twin'], { Twin: 'inner' });
      rig.configure(HEARER, ['List'], [1, 2]);
    });

    it('reads the whole, groups, single values, and nothing if nothing is', async () => {
      expect(await hearer.getConfiguration()).toMatchObject({ Interval: '10', Twin: { Twin: 'inner' }, List: [1, 2] });
      expect(await hearer.getConfiguration(['Interval'])).toBe('10');
      expect(await hearer.getConfiguration(['Twin'])).toEqual({ Twin: 'inner' });
      expect(await hearer.getConfiguration(['Twin', 'Twin'])).toBe('inner');
      expect(await hearer.getConfiguration(['List'])).toEqual([1, 2]);
      expect(await hearer.getConfiguration(['Missing'])).toBeUndefined();
      expect(await hearer.getConfiguration(['Missing', 'Deeper'])).toBeUndefined();
    });

    it("reads another component's", async () => {
      expect(await speaker.getConfiguration(['Interval'], HEARER)).toBe('10');
    });

    it('merges groups and single values, and tells the whole once per change', async () => {
      const told: unknown[] = [];
      await hearer.getConfiguration();
      await hearer.onConfiguration((configuration) => told.push(configuration));

      await hearer.mergeConfiguration(['Interval'], 5);
      await hearer.mergeConfiguration([], { Added: { Deep: true } });
      await until(() => (told.at(-1) as { Added?: unknown } | undefined)?.Added !== undefined);

      expect(told.at(-1)).toMatchObject({ Interval: 5, Added: { Deep: true }, Twin: { Twin: 'inner' } });
      expect(new Set(told.map((configuration) => JSON.stringify(configuration))).size).toBe(told.length);
    });

    it('tells a change that came between reading and listening', async () => {
      await hearer.getConfiguration();
      rig.configure(HEARER, ['Interval'], 77);
      const told: unknown[] = [];

      await hearer.onConfiguration((configuration) => told.push(configuration));
      await until(() => told.length > 0);

      expect(told).toMatchObject([{ Interval: 77 }]);
    });

    it('tells a change that came while the nucleus was away', async () => {
      const told: unknown[] = [];
      await hearer.getConfiguration();
      await hearer.onConfiguration((configuration) => told.push(configuration));
      const revive = await rig.killSocket();
      await until(() => hearer.state !== 'connected');

      rig.configure(HEARER, ['Interval'], 1);
      await revive();
      await until(() => told.length > 0);

      expect(told.at(-1)).toMatchObject({ Interval: 1 });
    });

    it('judges new configuration', async () => {
      await hearer.validateConfiguration(async (configuration) =>
        (configuration as { Interval?: number }).Interval === 0 ? '/Interval: must be above 0' : undefined,
      );

      expect(await rig.askValidity(HEARER, { Interval: 0 })).toContain('/Interval: must be above 0');
      expect(await rig.askValidity(HEARER, { Interval: 3 })).toBeUndefined();
    });

    it('defers an update until it lets it go', async () => {
      const answers = [{ deferMs: 20, message: 'swapping' }, { deferMs: 0 }];
      let asked = 0;
      await hearer.onComponentUpdate(() => answers[Math.min(asked++, 1)] ?? { deferMs: 0 });
      let gone = false;

      const update = rig.announceUpdate(HEARER).then(() => (gone = true));
      await until(() => gone);
      await update;

      expect(asked).toBe(2);
    });
  });

  describe(`IpcSession in trouble over ${name}`, () => {
    beforeEach(() => prepare());

    it('comes back when the socket is killed and made again: subscriptions deliver, calls made meanwhile are done', async () => {
      const { messages } = await heard('talk');
      const states: string[] = [];
      hearer.onState((state) => states.push(state));
      const revive = await rig.killSocket();
      await until(() => hearer.state !== 'connected' && speaker.state !== 'connected');

      const published = speaker.publishLocal('talk', { n: 1 });
      await revive();
      await until(() => hearer.state === 'connected' && speaker.state === 'connected');
      await published;
      await speaker.publishLocal('talk', { n: 2 });
      await until(() => messages.some(({ message }) => (message as { n: number }).n === 2));

      expect(states).toEqual(['disconnected', 'connected']);
    });

    it('survives being cut off again and again', async () => {
      const { messages } = await heard('talk');
      let reconnects = 0;
      for (const session of [hearer, speaker])
        session.onState((state) => (reconnects += state === 'connected' ? 1 : 0));
      for (let round = 0; round < 5; round++) {
        const revive = await rig.killSocket();
        await revive();
        await until(() => reconnects === 2 * (round + 1));
        await speaker.publishLocal('talk', { round });
        await until(() => messages.length === round + 1);
      }
    });

    it('notices a silent stall by its heartbeat, and delivers again when the nucleus does', async () => {
      const { messages } = await heard('talk');
      let losses = 0;
      hearer.onState((state) => (losses += state === 'disconnected' ? 1 : 0));
      await until(() => rig.streams(HEARER) === 2);

      const resume = rig.stallSubscriptions();
      await until(() => losses > 0);
      resume();
      await until(() => hearer.state === 'connected');
      await speaker.publishLocal('talk', { n: 1 });
      await until(() => messages.length === 1);
    });

    it('gives up when new connections stay deaf too', async () => {
      const givenUp: EdgeError[] = [];
      const deaf = rig.session(HEARER, { onGiveUp: (error) => givenUp.push(error) });
      await deaf.ready();
      rig.stallSubscriptions();

      await until(() => givenUp.length > 0);

      expect(givenUp[0]).toMatchObject({ code: 'ipc.stale', message: expect.stringContaining(HEARER) as string });
    });

    it('does not take a quiet connection for a dead one', async () => {
      let losses = 0;
      hearer.onState((state) => (losses += state === 'disconnected' ? 1 : 0));
      let beats = 0;
      await speaker.subscribeLocal(`edgeml/heartbeat/${HEARER}`, () => beats++);

      await until(() => beats >= 8);

      expect(losses).toBe(0);
    });

    it('says when the token is refused, and that it cannot go on', async () => {
      const givenUp: EdgeError[] = [];
      rig.refuseTokens();
      const refused = rig.session(SPEAKER, { onGiveUp: (error) => givenUp.push(error) });
      const outcome = refused.ready().then(
        () => undefined,
        (thrown: unknown) => thrown as EdgeError,
      );
      let error: EdgeError | undefined;
      void outcome.then((value) => (error = value));

      await until(() => error !== undefined && givenUp.length > 0);

      expect(error).toMatchObject({ code: 'ipc.refused' });
      expect(refused.state).toBe('refused');
      expect(givenUp).toMatchObject([{ code: 'ipc.refused' }]);
    });

    it('connects as soon as a refused token is accepted after all', async () => {
      const accept = rig.refuseTokens();
      const session = rig.session(SPEAKER);
      await until(() => session.state === 'refused');

      accept();

      await until(() => session.state === 'connected');
    });

    it('stops waiting for a slow server, and uses the same connection when it is quick again', async () => {
      const hasty = rig.session(SPEAKER, { callTimeoutMs: 300, heartbeat: false });
      await hasty.ready();
      const quick = rig.delayAnswers(1_500);
      let error: unknown;

      void hasty.publishLocal('talk', {}).catch((thrown: unknown) => (error = thrown));
      await until(() => error !== undefined);
      quick();

      expect(error).toMatchObject({
        code: 'ipc.timeout',
        message: expect.stringContaining('PublishToTopic on talk') as string,
      });
      // Its patience is short for a busy machine, too.
      let published = false;
      await until(() => {
        hasty.publishLocal('talk', {}).then(
          () => (published = true),
          () => undefined,
        );
        return published;
      });
      expect(hasty.state).toBe('connected');
    });

    it('names the policy statement that is missing', async () => {
      rig.denyPubsub(SPEAKER);

      const publishing = speaker.publishLocal('lines/1', {});

      await expect(publishing).rejects.toMatchObject({ code: 'ipc.unauthorized' });
      await expect(publishing).rejects.toThrow(
        [
          'accessControl:',
          '  aws.greengrass.ipc.pubsub:',
          `    ${SPEAKER}:pubsub:extra:`,
          "      operations: ['aws.greengrass#PublishToTopic']",
          "      resources: ['lines/1']",
        ].join('\n'),
      );
      await expect(speaker.subscribeLocal('lines/+', () => undefined)).rejects.toThrow(
        'aws.greengrass#SubscribeToTopic',
      );
    });

    it('tries a subscription again that was denied after a reconnect', async () => {
      const { messages } = await heard('talk');
      const grant = rig.denyPubsub(HEARER);
      const revive = await rig.killSocket();
      await until(() => hearer.state !== 'connected');
      await revive();
      await until(() => hearer.state === 'connected');
      expect(rig.streams(HEARER)).toBe(0);

      grant();
      // The first stream that is there may be another subscription's, so one message may come too early.
      await until(() => {
        speaker.publishLocal('talk', { n: 1 }).catch(() => undefined);
        return messages.length > 0;
      });
    });

    it('ends everything that waits when it is closed', async () => {
      await rig.killSocket();
      await until(() => speaker.state !== 'connected');
      const waiting = speaker.publishLocal('talk', {}).catch((thrown: unknown) => thrown);

      await speaker.close();
      await speaker.close();

      expect(await waiting).toMatchObject({ code: 'ipc.closed' });
      expect(speaker.state).toBe('closed');
      await expect(speaker.publishLocal('talk', {})).rejects.toMatchObject({ code: 'ipc.closed' });
    });

    it('stops waiting to be ready when the caller does', async () => {
      await rig.killSocket();
      const session = rig.session(SPEAKER);
      const reason = new Error('enough');

      await expect(session.ready(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('says that there is no connection when the nucleus does not come up, and connects when it does', async () => {
      const revive = await rig.killSocket();
      const session = rig.session(SPEAKER, { connectTimeoutMs: 500 });
      let error: unknown;
      void session.ready().catch((thrown: unknown) => (error = thrown));
      await until(() => error !== undefined);

      await revive();
      await until(() => session.state === 'connected');

      expect(error).toMatchObject({ code: 'ipc.timeout' });
    });
  });

  describe(`IpcSession over ${name} as nucleus lite`, () => {
    beforeEach(() => prepare({ lite: true }));

    it('filters own messages although lite sends them back', async () => {
      const { messages } = await heard('talk/#', { receive: 'others' });

      await hearer.publishLocal('talk/1', { from: 'me' });
      await speaker.publishLocal('talk/1', { from: 'you' });
      await until(() => messages.length === 1);

      expect(messages).toEqual([{ topic: 'talk/1', message: { from: 'you' } }]);
    });

    it('takes "not supported" for an answer if the operation is optional', async () => {
      const subscriptions = [
        await hearer.validateConfiguration(() => undefined),
        await hearer.onComponentUpdate(() => ({ deferMs: 0 })),
      ];

      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    });

    it('merges configuration with times that lite accepts', async () => {
      for (let n = 0; n < 5; n++) await hearer.mergeConfiguration(['N'], n);

      expect(await hearer.getConfiguration(['N'])).toBe(4);
    });

    it('keeps a subscription alive that meets messages of any shape', async () => {
      const { messages } = await heard('talk');

      await fc.assert(
        fc.asyncProperty(anyMessage, async (message) => {
          const before = messages.length;
          await speaker.publishLocal('talk', message);
          await until(() => messages.length > before);
          expect(bytesAsList(messages.at(-1)?.message)).toEqual(bytesAsList(message));
        }),
        { numRuns: 60 },
      );
    });

    it.each([
      ['a map of 24 keys', Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`k${n}`, n]))],
      ['a list of 43 entries', { list: Array.from({ length: 43 }, (_, n) => n) }],
      ['more than lite publishes', { list: Array.from({ length: 400 }, (_, n) => n) }],
      ['sixteen levels', JSON.parse('{"a":'.repeat(16) + '1' + '}'.repeat(16)) as object],
    ])('delivers %s, which lite would lose as a map', async (_, message) => {
      const { messages } = await heard('talk');
      const { messages: others } = await heard('talk', { receive: 'others' });

      await speaker.publishLocal('talk', message);
      await hearer.publishLocal('talk', message);
      await speaker.publishLocal('talk', { last: true });
      await until(() => messages.length === 3 && others.length === 2);

      expect(messages.map((each) => each.message)).toEqual([message, message, { last: true }]);
      expect(others.map((each) => each.message)).toEqual([message, { last: true }]);
    });

    it('delivers the largest message that it lets through', async () => {
      const { messages } = await heard('talk');

      await speaker.publishLocal('talk', { text: 'x'.repeat(9_650) });
      await speaker.publishLocal('talk', new Uint8Array(7_200));
      await until(() => messages.length === 2);
    });
  });
}
