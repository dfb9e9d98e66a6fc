import { describe, expect, it } from 'vitest';
import type { OutputSpec } from '#packages/model-package';
import { buildOnnx } from '../../testing/vision/onnx-builder.ts';
import type { NodeSpec } from '../../testing/vision/onnx-builder.ts';
import { countClasses } from './count-classes.ts';
import { countsFromZero } from './counts-from-zero.ts';
import { readOnnx } from './read-onnx.ts';

const NMS: NodeSpec = { op: 'NonMaxSuppression', inputs: ['boxes', 'scores'], outputs: ['kept'] };
const detector = (...nodes: readonly NodeSpec[]) =>
  readOnnx(
    buildOnnx({
      inputs: [{ name: 'image', shape: [1, 3, 8, 8] }],
      outputs: [{ name: 'classes', shape: [1, 10] }],
      nodes: [NMS, { op: 'Slice', inputs: ['kept', 'one', 'two'], outputs: ['column'] }, ...nodes],
    }),
    'test',
  );

describe('countsFromZero', () => {
  it('finds that nothing is added to the columns of the scores, or that something is', () => {
    const cast: NodeSpec = { op: 'Cast', inputs: ['column'], outputs: ['classes'] };
    expect(countsFromZero(detector(cast), 'classes')).toBe(true);
    const add: NodeSpec = { op: 'Add', inputs: ['column', 'one'], outputs: ['more'] };
    expect(countsFromZero(detector(add, { ...cast, inputs: ['more'] }), 'classes')).toBe(false);
  });

  it('does not say of graphs that it does not know', () => {
    expect(countsFromZero(detector(), 'classes')).toBeUndefined();
    const loop: NodeSpec = { op: 'Loop', inputs: ['column'], outputs: ['classes'] };
    expect(countsFromZero(detector(loop), 'classes')).toBeUndefined();
  });
});

describe('countClasses', () => {
  const outputs = (...shapes: readonly (readonly [string, readonly (number | string)[]])[]) =>
    readOnnx(
      buildOnnx({
        inputs: [{ name: 'image', shape: [1, 3, 8, 8] }],
        outputs: shapes.map(([name, shape]) => ({ name, shape: [...shape] })),
        nodes: [],
      }),
      'test',
    );
  const detection = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 100, nms: 'class' } as const;
  const plain = { ...detection, coordinates: 'pixels' } as const;

  it.each([
    ['yolov5', outputs(['o', [1, 25200, 85]]), { ...plain, decoder: 'yolov5' } as const, 80],
    ['yolov8', outputs(['o', [1, 84, 8400]]), { ...plain, decoder: 'yolov8' } as const, 80],
    ['yolox', outputs(['o', [1, 3549, 25]]), { ...detection, decoder: 'yolox', strides: [8] } satisfies OutputSpec, 20],
    ['yolov8 of a free shape', outputs(['o', [1, 'n', 8400]]), { ...plain, decoder: 'yolov8' } as const, undefined],
    ['tensors', outputs(['o', [1, 8]]), { decoder: 'tensor' } as const, undefined],
  ])('counts those of %s', (_, model, output, classes) => {
    expect(countClasses(model, output)).toBe(classes);
  });

  it('counts all classes of YOLOv3, and leaves the background of an SSD out', () => {
    const head = {
      output: 'h',
      stride: 32,
      anchors: [
        [1, 1],
        [2, 2],
        [3, 3],
      ] as [number, number][],
      scaleXY: 1,
    };
    const yolov3 = { ...detection, decoder: 'yolov3', heads: [head], activation: 'sigmoid' } as const;
    expect(countClasses(outputs(['h', ['batch', 255, 10, 10]]), { ...yolov3, heads: [...yolov3.heads] })).toBe(80);
    const ssd = {
      ...detection,
      decoder: 'ssd',
      boxes: 'b',
      boxFormat: 'xyxy',
      scores: 's',
      coordinates: 'normalized',
      activation: 'none',
      classOffset: 0,
    } as const;
    const model = outputs(['b', [1, 100, 4]], ['s', [1, 100, 21]]);
    expect(countClasses(model, { ...ssd, backgroundClass: 0 })).toBe(20);
    expect(countClasses(model, ssd)).toBe(21);
  });
});
