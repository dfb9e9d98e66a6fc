import { describe, expect, it } from 'vitest';
import { Incidents, silentLogger } from '#packages/foundation';
import type { ResultMessage } from '#packages/http';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import type { Frame } from '../frame/frame.ts';
import { LivePictures } from './live-pictures.ts';

const signal = new AbortController().signal;

function rig(incidents = new Incidents(silentLogger)) {
  const clock = new FakeClock();
  const pictures = new LivePictures({ clock, random: () => 0.5, incidents });
  let made = 0;
  let count = 0;
  const frame = (kind: Partial<Frame> = {}): Frame => ({
    source: 'gate',
    image: `gate-${++count}.jpg`,
    takenAt: clock.now(),
    takenAtMonotonic: clock.monotonic(),
    withImage: async (use) => {
      made++;
      return use({ bytes: Buffer.from(`picture ${count}`), contentType: 'image/jpeg' });
    },
    ...kind,
  });
  const answer = (service = 'Parts'): ResultMessage => ({ service, predictions: [] }) as unknown as ResultMessage;
  const ask = (revision = '', waitMs = 0) => pictures.newest(new Map([['gate', revision]]), waitMs, signal);
  return { clock, pictures, frame, answer, ask, made: () => made };
}

describe('LivePictures', () => {
  it('makes nothing while nobody watches, and nothing two seconds after the last viewer has left', async () => {
    const { clock, pictures, frame, answer, ask, made } = rig();
    pictures.looking(frame());
    await clock.advance(0);
    pictures.answered(frame(), answer());
    await clock.advance(0);
    expect(made()).toBe(0);

    await ask();
    await clock.advance(1_900);
    pictures.answered(frame(), answer());
    await clock.advance(0);
    expect(made()).toBe(1);

    await clock.advance(200);
    pictures.answered(frame(), answer());
    await clock.advance(0);
    expect(made()).toBe(1);
  });

  it('makes one picture however many watch, and at most eight a second', async () => {
    const { clock, pictures, frame, answer, ask, made } = rig();
    await ask();
    pictures.answered(frame(), answer());
    await clock.advance(0);
    const seen = await Promise.all([ask(), ask(), ask()]);
    expect(seen.map(([shown]) => shown?.image)).toEqual(['gate-1.jpg', 'gate-1.jpg', 'gate-1.jpg']);
    expect(made()).toBe(1);

    for (let frames = 0; frames < 50; frames++) {
      await clock.advance(20);
      await ask();
      pictures.answered(frame(), answer());
      await clock.advance(0);
      await ask();
    }
    expect(made()).toBeLessThanOrEqual(1 + 8);
  });

  it('shows no picture of arrays that are none, without trouble', async () => {
    const incidents = new Incidents(silentLogger);
    const { clock, pictures, frame, answer, ask } = rig(incidents);
    for (const contentType of ['application/x-npz', 'application/x-npy']) {
      const arrays: Frame['withImage'] = async (use) => use({ bytes: Buffer.from('arrays'), contentType });
      await ask();
      pictures.answered(frame({ withImage: arrays }), answer());
      await clock.advance(200);
    }
    expect(await ask()).toEqual([]);
    expect(incidents.current).toEqual([]);
  });

  it('waits for a picture that the viewer does not have', async () => {
    const { clock, pictures, frame, answer, ask } = rig();
    const first = ask('', 2_000);
    pictures.answered(frame(), answer());
    await clock.advance(0);
    const [shown] = await first;
    expect(shown?.image).toBe('gate-1.jpg');

    await clock.advance(200);
    const second = ask(shown?.revision, 2_000);
    pictures.answered(frame(), answer());
    await clock.advance(0);
    expect((await second)[0]?.image).toBe('gate-2.jpg');
  });

  it('answers a viewer that waits for a picture at once when it is closed', async () => {
    const { pictures, ask } = rig();
    const waiting = ask('', 2_000);
    pictures.close();
    expect(await waiting).toEqual([]);
  });

  it('tells of the answer of a second service to the same frame, without making the picture again', async () => {
    const { clock, pictures, frame, answer, ask, made } = rig();
    await ask();
    const one = frame();
    pictures.answered(one, answer('Parts'));
    await clock.advance(0);
    const [before] = await ask();
    const revision = before?.revision;
    pictures.answered(one, answer('Faces'));
    await clock.advance(0);
    const [after] = await ask(revision);
    expect([...(after?.answers.keys() ?? [])]).toEqual(['Parts', 'Faces']);
    expect([after?.frame === before?.frame, made()]).toEqual([true, 1]);
  });

  it('shows the last image of a folder to a viewer who comes later, and holds no pixels for that', async () => {
    const { clock, pictures, frame, answer, ask, made } = rig();
    pictures.answered(frame({ file: { path: '/images/gate-1.jpg', maxBytes: 1 } }), answer());
    await clock.advance(0);
    expect(made()).toBe(0);
    await clock.advance(60_000);
    await ask();
    const [shown] = await ask('', 1_000);
    expect(shown?.answers.size).toBe(1);
  });

  it('shows a frame without an answer when none has come for a second', async () => {
    const { clock, pictures, frame, ask } = rig();
    await ask();
    pictures.looking(frame());
    await clock.advance(0);
    expect((await ask())[0]?.answers.size).toBe(0);
    await clock.advance(500);
    await ask();
    pictures.looking(frame());
    await clock.advance(0);
    expect((await ask())[0]?.image).toBe('gate-1.jpg');
  });

  it('finds a frame that was shown a moment ago, and lets all go when nobody watches any more', async () => {
    const { clock, pictures, frame, answer, ask } = rig();
    await ask();
    pictures.answered(frame(), answer());
    await clock.advance(0);
    const [first] = await ask();
    await clock.advance(200);
    pictures.answered(frame(), answer());
    await clock.advance(0);
    await ask();
    expect(pictures.find('gate', first!.frame)?.image).toBe('gate-1.jpg');
    await clock.advance(15_000);
    expect(pictures.find('gate', first!.frame)).toBeUndefined();
  });
});
