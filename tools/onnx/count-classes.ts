import type { OutputSpec } from '#packages/model-package';
import type { OnnxModel } from './read-onnx.ts';

/** Columns of a YOLO table before its classes: box, and objectness if the family has it. */
const BEFORE_CLASSES = { yolov5: 5, yolov8: 4, yolox: 5 } as const;

/**
 * The number of classes that the model tells apart by the shapes of its outputs, without the one that means background; undefined if they
 * do not say.
 */
export function countClasses(model: OnnxModel, output: OutputSpec): number | undefined {
  switch (output.decoder) {
    case 'classification': {
      const [, classes] = shapeOf(model, output.output);
      return sizeOf(classes);
    }
    case 'yolov5':
    case 'yolox':
      return less(shapeOf(model, output.output)[2], BEFORE_CLASSES[output.decoder]);
    case 'yolov8':
      return less(shapeOf(model, output.output)[1], BEFORE_CLASSES.yolov8);
    case 'yolov8-pose':
      return tableClasses(model, output, output.keypoints[0] * output.keypoints[1]);
    case 'yolov8-obb':
      return tableClasses(model, output, 1);
    case 'yolov8-seg': {
      const prototypes = sizeOf(shapeOf(model, output.prototypes)[1]);
      return prototypes === undefined ? undefined : tableClasses(model, output, prototypes);
    }
    case 'gfl':
      if ('heads' in output) return sizeOf(shapeOf(model, output.heads[0]?.scores)[2]);
      return less(shapeOf(model, output.output)[2], 4 * output.bins);
    case 'yunet':
    case 'scrfd':
      return 1;
    case 'yolov3': {
      const [head] = output.heads;
      const channels = sizeOf(shapeOf(model, head?.output)[1]);
      return head && channels !== undefined ? channels / head.anchors.length - 5 : undefined;
    }
    case 'ssd':
      if (!('scores' in output) || 'classes' in output) return undefined;
      return less(shapeOf(model, output.scores)[2], output.backgroundClass === undefined ? 0 : 1);
    default:
      return undefined;
  }
}

/** Of a raw table of YOLOv8's tasks, which has `more` columns after the classes. Finished rows do not say it. */
function tableClasses(
  model: OnnxModel,
  { output, rows }: { readonly output?: string | undefined; readonly rows: 'raw' | 'finished' },
  more: number,
): number | undefined {
  return rows === 'raw' ? less(shapeOf(model, output)[1], BEFORE_CLASSES.yolov8 + more) : undefined;
}

type Side = number | string;

function shapeOf({ outputs }: OnnxModel, name: string | undefined): readonly Side[] {
  const output = name === undefined ? outputs[0] : outputs.find((one) => one.name === name);
  return output?.shape ?? [];
}

function sizeOf(side: Side | undefined): number | undefined {
  return typeof side === 'number' && side > 0 ? side : undefined;
}

function less(side: Side | undefined, columns: number): number | undefined {
  const size = sizeOf(side);
  return size === undefined ? undefined : size - columns;
}
