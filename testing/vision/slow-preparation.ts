import fc from 'fast-check';
import type { PictureStep } from '#packages/model-package';

/** A picture as a function, and the way of each of its points back to the image: image = picture · scale + offset, in pixels. */
export interface SlowPicture {
  readonly width: number;
  readonly height: number;
  readonly back: { readonly x: readonly [scale: number, offset: number]; readonly y: readonly [number, number] };
  /** Red, green or blue of a pixel. */
  readonly at: (x: number, y: number, channel: number) => number;
}

/** One step after the other on whole pictures, every formula in full. Property tests hold the folded steps against it. */
export function slowSteps(image: SlowPicture, steps: readonly PictureStep[]): SlowPicture {
  return steps.reduce(slowStep, image);
}

function slowStep(picture: SlowPicture, step: PictureStep): SlowPicture {
  switch (step.step) {
    case 'resize':
      return slowResize(picture, ...slowSize(picture, step));
    case 'crop': {
      const { width: w, height: h } = picture;
      const short = Math.min(w, h);
      const part = (side: number): number => Math.max(1, Math.round(side * (step.fraction ?? 1)));
      const [width, height] = step.square ? [short, short] : [step.width ?? part(w), step.height ?? part(h)];
      const [dx, dy] = [Math.floor((Math.max(width, w) - w) / 2), Math.floor((Math.max(height, h) - h) / 2)];
      const filled = moved(picture, -dx, -dy, Math.max(width, w), Math.max(height, h), () => 0);
      const round = step.rounding === 'floor' ? Math.floor : halfEven;
      const [x, y] = [(filled.width - width) / 2, (filled.height - height) / 2].map((rest) =>
        step.align === 'top-left' ? 0 : round(rest),
      ) as [number, number];
      return moved(filled, x, y, width, height, () => 0);
    }
    case 'pad': {
      const { width: w, height: h } = picture;
      const up = (side: number): number => Math.ceil(side / (step.multiple ?? 1)) * (step.multiple ?? 1);
      const long = Math.max(w, h);
      const [width, height] = step.square
        ? [long, long]
        : step.multiple === undefined
          ? [Math.max(w, step.width ?? 0), Math.max(h, step.height ?? 0)]
          : [up(w), up(h)];
      const [x, y] = step.align === 'center' ? [Math.floor((width - w) / 2), Math.floor((height - h) / 2)] : [0, 0];
      return moved(picture, -x, -y, width, height, (channel) => step.value[channel] ?? step.value[0] ?? 0);
    }
  }
}

/** A window over a picture that may reach beyond it. */
function moved(
  { width: w, height: h, back, at }: SlowPicture,
  x0: number,
  y0: number,
  width: number,
  height: number,
  outside: (channel: number) => number,
): SlowPicture {
  return {
    width,
    height,
    back: { x: [back.x[0], back.x[1] + x0 * back.x[0]], y: [back.y[0], back.y[1] + y0 * back.y[0]] },
    at: (x, y, channel) => {
      const [fromX, fromY] = [x + x0, y + y0];
      const isInside = fromX >= 0 && fromX < w && fromY >= 0 && fromY < h;
      return isInside ? at(fromX, fromY, channel) : outside(channel);
    },
  };
}

function slowSize(
  { width: w, height: h }: SlowPicture,
  step: Extract<PictureStep, { step: 'resize' }>,
): [number, number] {
  const { width, height, shortSide, longSide, maxSide, maxWidth, mode } = step;
  /** One side if another goes from `other` to `target`. */
  const follow = (side: number, target: number, other: number): number => {
    const rounded = {
      round: halfEven(side * (target / other)),
      truncate: Math.trunc(side * (target / other)),
      floor: Math.floor((side * target) / other),
      ceil: Math.ceil(target * (side / other)),
    }[step.rounding];
    return Math.max(1, rounded);
  };
  let [newWidth, newHeight] = [w, h];
  if (width !== undefined && height !== undefined) {
    const isByWidth = mode === 'cover' ? width / w > height / h : width / w < height / h;
    const [target, side] = isByWidth ? [width, w] : [height, h];
    if (mode === 'stretch') [newWidth, newHeight] = [width, height];
    if (mode === 'contain')
      [newWidth, newHeight] = [Math.min(width, follow(w, target, side)), Math.min(height, follow(h, target, side))];
    if (mode === 'cover')
      [newWidth, newHeight] = [Math.max(width, follow(w, target, side)), Math.max(height, follow(h, target, side))];
  } else if (width !== undefined) [newWidth, newHeight] = [width, follow(h, width, w)];
  else if (height !== undefined) [newWidth, newHeight] = [Math.min(maxWidth ?? Infinity, follow(w, height, h)), height];
  else if (longSide !== undefined)
    [newWidth, newHeight] = w >= h ? [longSide, follow(h, longSide, w)] : [follow(w, longSide, h), longSide];
  else if (shortSide !== undefined) {
    const [long, short] = [Math.max(w, h), Math.min(w, h)];
    const isTooLong = maxSide !== undefined && (long / short) * shortSide > maxSide;
    const newShort = isTooLong ? Math.max(1, halfEven((maxSide * short) / long)) : shortSide;
    const newLong = Math.min(maxSide ?? Infinity, follow(long, newShort, short));
    [newWidth, newHeight] = w >= h ? [newLong, newShort] : [newShort, newLong];
  }
  if (!step.enlarge && (newWidth > w || newHeight > h)) [newWidth, newHeight] = [w, h];
  const whole = (side: number): number =>
    step.multiple === 1 ? side : Math.max(step.multiple, halfEven(side / step.multiple) * step.multiple);
  return [whole(newWidth), whole(newHeight)];
}

/** OpenCV's INTER_LINEAR on bytes, pixel by pixel. */
function slowResize(picture: SlowPicture, width: number, height: number): SlowPicture {
  const { width: w, height: h, back } = picture;
  const across = (x: number) => {
    const position = Math.fround((x + 0.5) * (1 / (width / w)) - 0.5);
    const left = Math.floor(position);
    const fraction = left < 0 || left >= w - 1 ? 0 : Math.fround(position - left);
    return { first: clamp(left, w), second: clamp(left + 1, w), ...weights(left >= w - 1 ? 0 : fraction) };
  };
  const down = (y: number) => {
    const position = Math.fround((y + 0.5) * (1 / (height / h)) - 0.5);
    const top = Math.floor(position);
    return { first: clamp(top, h), second: clamp(top + 1, h), ...weights(Math.fround(position - top)) };
  };
  const [scaleX, scaleY] = [w / width, h / height];
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) {
    const [x, y, channel] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
    const [columns, rows] = [across(x), down(y)];
    const row = (line: number): number =>
      (picture.at(columns.first, line, channel) * columns.one +
        picture.at(columns.second, line, channel) * columns.other) >>
      4;
    data[at] = (((rows.one * row(rows.first)) >> 16) + ((rows.other * row(rows.second)) >> 16) + 2) >> 2;
  }
  return {
    width,
    height,
    back: { x: [back.x[0] * scaleX, back.x[1]], y: [back.y[0] * scaleY, back.y[1]] },
    at: (x, y, channel) => data[(y * width + x) * 3 + channel] as number,
  };
}

function weights(fraction: number): { readonly one: number; readonly other: number } {
  return {
    one: halfEven(Math.fround(Math.fround(1 - fraction) * 2048)),
    other: halfEven(Math.fround(fraction * 2048)),
  };
}

function clamp(index: number, size: number): number {
  return Math.min(size - 1, Math.max(0, index));
}

function halfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

const side = fc.integer({ min: 1, max: 24 });
const rounding = fc.constantFrom('round', 'floor', 'truncate', 'ceil');
const align = fc.constantFrom('center', 'top-left');
const value = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.tuple(side, side, side));

/** A step as model.json has it. */
const anyStep: fc.Arbitrary<object> = fc.oneof(
  fc.record({
    step: fc.constant('resize'),
    width: side,
    height: side,
    mode: fc.constantFrom('stretch', 'contain', 'cover'),
    enlarge: fc.boolean(),
    rounding,
  }),
  fc.record({ step: fc.constant('resize'), shortSide: side, multiple: fc.constantFrom(1, 1, 8), rounding }),
  fc.record({ step: fc.constant('resize'), shortSide: side, maxSide: side, rounding }),
  fc.record({ step: fc.constant('resize'), longSide: side, enlarge: fc.boolean(), rounding }),
  fc.record({ step: fc.constant('resize'), width: side, rounding }),
  fc.record({ step: fc.constant('resize'), height: side, maxWidth: side, rounding }),
  fc.record({
    step: fc.constant('crop'),
    width: side,
    height: side,
    align,
    rounding: fc.constantFrom('round', 'floor'),
  }),
  fc.record({ step: fc.constant('crop'), square: fc.constant(true), align }),
  fc.record({ step: fc.constant('crop'), fraction: fc.constantFrom(0.5, 0.875, 1) }),
  fc.record({ step: fc.constant('pad'), width: side, height: side, align, value }),
  fc.record({ step: fc.constant('pad'), square: fc.constant(true), align, value }),
  fc.record({ step: fc.constant('pad'), multiple: fc.constantFrom(1, 4, 16), align, value }),
);

/** Steps as model.json has them, in any order. */
export const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 5 });
