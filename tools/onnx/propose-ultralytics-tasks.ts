import type { Task } from '#packages/model-package';
import { rawTensors } from './proposed-output.ts';
import type { Evidence, ProposedOutput } from './proposed-output.ts';

/** Columns of a raw row before its classes, and of a finished one: box, score, class. */
const [RAW, FINISHED] = [4, 6] as const;
/** Rows of a finished table, not cells of a grid. */
const FEW_ROWS = 1000;

interface Located {
  readonly task: Task;
  readonly decoder: string;
  /** Columns after box and classes. */
  readonly more: number;
  /** Further keys of `output`. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/**
 * Poses, turned boxes and masks of Ultralytics, as raw tables or finished rows.
 * Source: Ultralytics, nn/modules/head.py (Pose, OBB, Segment) and engine/exporter.py (NMSModel), read as specifications.
 */
export function locatedTask(
  evidence: Evidence,
  detection: Readonly<Record<string, unknown>>,
): Omit<ProposedOutput, 'pixels'> {
  const { model, facts, findings } = evidence;
  const found = describe(evidence);
  if (typeof found === 'string') return rawTensors(findings, found);
  const table = model.outputs.find(({ shape }) => shape.length === 3);
  const [, first, last] = table?.shape ?? [];
  const classes = facts.labels?.length;
  if (!table || classes === undefined) {
    return rawTensors(
      findings,
      `the task ${facts.task} needs a table and the names of the classes, and the file lacks one of them`,
    );
  }
  const { task, decoder, more, keys } = found;
  const common = { decoder, output: table.name, ...keys };
  const isFew = typeof first === 'number' && first <= FEW_ROWS;
  if (last === FINISHED + more && (facts.isFinished || isFew)) {
    const { scoreThreshold } = detection;
    return { task, output: { ...common, rows: 'finished', scoreThreshold } };
  }
  if (first === RAW + classes + more) return { task, output: { ...common, ...detection } };
  return rawTensors(
    findings,
    `the exporter says ${facts.task} with ${classes} classes, which does not fit the output "${table.name}" [${table.shape.join(', ')}]`,
  );
}

/** The class of each pixel, which exports of today have found already, or a score for each class. */
export function pixelClasses({ model, facts, findings }: Evidence): Omit<ProposedOutput, 'pixels'> {
  const [output] = model.outputs;
  const classes = facts.labels?.length;
  const isMap = output?.shape.length === 3 && !output.type.startsWith('float');
  const isScores = output?.shape.length === 4 && output.shape[1] === classes && classes !== 1;
  if (!output || model.outputs.length > 1 || (!isMap && !isScores)) {
    const shapes = model.outputs.map(({ name, type, shape }) => `"${name}" ${type} [${shape.join(', ')}]`).join(', ');
    return rawTensors(
      findings,
      `neither a class for each pixel nor a score for each of ${classes ?? '?'} classes is ${shapes}`,
    );
  }
  return {
    task: 'semantic-segmentation',
    output: {
      decoder: 'segmentation',
      output: output.name,
      ...(isMap ? { values: 'classes' } : { activation: 'softmax' }),
    },
  };
}

/** A text says why not. */
function describe({ model, facts }: Evidence): Located | string {
  switch (facts.task) {
    case 'pose': {
      if (!facts.keyPoints) return 'the exporter does not say how many key points a pose has (kpt_shape)';
      const [count, numbers] = facts.keyPoints;
      if (numbers !== 2 && numbers !== 3)
        return `the exporter says ${numbers} numbers for each key point, and 2 or 3 are read`;
      return { task: 'pose', decoder: 'yolov8-pose', more: count * numbers, keys: { keypoints: [count, numbers] } };
    }
    case 'obb':
      return { task: 'oriented-detection', decoder: 'yolov8-obb', more: 1, keys: {} };
    case 'segment': {
      const prototypes = model.outputs.find(({ shape }) => shape.length === 4);
      const count = prototypes?.shape[1];
      if (!prototypes || typeof count !== 'number')
        return 'a model of masks ends in a table and prototypes, and this one does not';
      const keys = { prototypes: prototypes.name };
      return { task: 'instance-segmentation', decoder: 'yolov8-seg', more: count, keys };
    }
    default:
      return `the exporter says that the task is ${facts.task}, which no decoder reads yet`;
  }
}
