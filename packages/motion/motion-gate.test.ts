import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameBytes, tightStrides } from '#packages/frames';
import type { FrameFormat, RawFrame } from '#packages/frames';
import { MotionGate } from './motion-gate.ts';
import type { MotionSettings } from './motion-gate.ts';

const WIDTH = 640;
const HEIGHT = 360;
/** Between two frames. */
const STEP_MS = 40;

interface Thing {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly brightness?: number;
}

interface Look {
  readonly noise?: number;
  readonly light?: number;
  readonly thing?: Thing | undefined;
  readonly format?: FrameFormat;
  readonly width?: number;
}

let state = 1;
const random = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647 - 0.5;

/** A gray slope, with the noise of a sensor of so many steps, and a square thing before it. */
function frameOf({ noise = 6, light = 0, thing, format = 'gray', width = WIDTH }: Look = {}): RawFrame {
  const layout = {
    width,
    height: HEIGHT,
    format,
    strides: tightStrides(format, width),
    matrix: 'bt601',
    range: 'full',
  } as const;
  const data = new Uint8Array(frameBytes(layout));
  const step = format.endsWith('24') ? 3 : 1;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < width; x++) {
      const isThing = thing && Math.abs(x - thing.x) < thing.size / 2 && Math.abs(y - thing.y) < thing.size / 2;
      const value = isThing ? (thing.brightness ?? 200) : 60 + (60 * x) / width;
      const start = (y * width + x) * step;
      const seen = value + light + 2 * noise * random();
      for (let part = 0; part < step; part++) data[start + part] = seen;
    }
  }
  return { ...layout, data };
}

function gateOf(settings: Partial<MotionSettings> = {}) {
  const gate = new MotionGate({ sensitivity: 0.5, masks: [], everySeconds: 0, ...settings });
  let now = 0;
  const look = (what: Look = {}, afterMs = STEP_MS) => gate.look(frameOf(what), (now += afterMs));
  /** Until the first frame has been forgotten. */
  const settle = (what: Look = {}) => {
    for (let n = 0; n < 35; n++) look(what);
  };
  return { gate, look, settle };
}

describe('MotionGate', () => {
  it('lets the first frame through, and nothing of a still scene with the noise of a sensor', () => {
    const { look, settle, gate } = gateOf();
    expect(look()).toBe('moved');
    settle();
    for (let n = 0; n < 20; n++) expect(look()).toBe('unchanged');
    expect(gate.statistics()).toMatchObject({ isMoving: false, due: 0 });
  });

  it.each(['gray', 'yuv420p', 'nv12', 'rgb24'] as const)(
    'sees something come in %s, and forgets it a second after it has gone',
    (format) => {
      const { look, settle, gate } = gateOf();
      settle({ format });
      expect(look({ format, thing: { x: 300, y: 200, size: 40 } })).toBe('moved');
      expect(gate.statistics().isMoving).toBe(true);
      expect(gate.statistics().changedShare).toBeGreaterThan(0.003);
      for (let n = 0; n < 24; n++) expect(look({ format })).toBe('moved');
      expect(look({ format })).toBe('unchanged');
    },
  );

  it('takes what stays for the scene after a while', () => {
    const { look, settle } = gateOf();
    settle();
    const thing = { x: 300, y: 200, size: 60 };
    for (let seconds = 0; seconds < 100; seconds++) look({ thing }, 1_000);
    expect(look({ thing })).toBe('unchanged');
  });

  it('takes no notice of light that comes and goes, nor of what always flickers', () => {
    const { look, settle } = gateOf();
    settle();
    for (let n = 0; n < 30; n++) expect(look({ light: n })).toBe('unchanged');

    const flicker = gateOf();
    const screen = (n: number): Look => ({ thing: { x: 100, y: 100, size: 60, brightness: n % 2 ? 60 : 110 } });
    for (let n = 0; n < 150; n++) flicker.look(screen(n), 400);
    expect(flicker.look(screen(0))).toBe('unchanged');
    expect(flicker.look({ ...screen(1), thing: { x: 400, y: 200, size: 60 } })).toBe('moved');
  });

  it('does not look inside masks, and looks right beside them', () => {
    const masks = [
      [
        [0, 0],
        [0.5, 0],
        [0.5, 1],
        [0, 1],
      ],
    ] as const;
    const { look, settle } = gateOf({ masks });
    settle();
    expect(look({ thing: { x: 150, y: 180, size: 200 } })).toBe('unchanged');
    expect(look({ thing: { x: 400, y: 180, size: 60 } })).toBe('moved');
    const everything = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ] as const;
    const blind = gateOf({ masks: [everything] });
    blind.settle();
    expect(blind.look({ thing: { x: 400, y: 180, size: 200 } })).toBe('unchanged');
  });

  it('lets a frame through at least so often all the same', () => {
    const { look, settle, gate } = gateOf({ everySeconds: 10 });
    settle();
    const verdicts = Array.from({ length: 30 }, () => look({}, 1_000));
    const due = verdicts.flatMap((verdict, index) => (verdict === 'due' ? [index] : []));
    expect(due).toHaveLength(3);
    expect([due[1]! - due[0]!, due[2]! - due[1]!]).toEqual([10, 10]);
    expect(gate.statistics()).toMatchObject({ due: 3, isMoving: false });
  });

  it('begins again with frames of another size', () => {
    const { look, settle } = gateOf();
    settle();
    expect(look({ width: 320 })).toBe('moved');
  });

  it('goes on with less than it takes to begin', () => {
    const { look, settle } = gateOf();
    settle();
    // A thing of 3 × 3 cells of 14,400: too little to begin, enough to continue.
    const little = { thing: { x: 302, y: 202, size: 12 } };
    expect(look(little)).toBe('unchanged');
    look({ thing: { x: 100, y: 100, size: 60 } });
    for (let n = 0; n < 40; n++) expect(look(little)).toBe('moved');
  });

  it('is never less likely to see something the more sensitive it is', () => {
    fc.assert(
      fc.property(
        fc.record({
          x: fc.integer({ min: 20, max: 620 }),
          y: fc.integer({ min: 20, max: 340 }),
          size: fc.integer({ min: 4, max: 60 }),
          brightness: fc.integer({ min: 0, max: 255 }),
        }),
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        (thing, sensitivities) => {
          const [low, high] = sensitivities.toSorted((a, b) => a - b);
          const sees = (sensitivity: number): boolean => {
            const { look } = gateOf({ sensitivity });
            look({ noise: 0 });
            look({ noise: 0 }, 2_000);
            return look({ noise: 0, thing }) === 'moved';
          };
          if (sees(low!)) expect(sees(high!)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });
});
