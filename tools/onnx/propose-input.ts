import type { ExporterFacts } from './exporter-facts.ts';
import type { Findings } from './findings.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

export interface ProposedInput {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly layout: 'NCHW' | 'NHWC';
  readonly dtype: 'float32' | 'float16' | 'uint8';
  /** One of both. */
  readonly color?: 'RGB' | 'GRAY';
  readonly channels?: number;
}

const USUAL_SIDE = 640;
/** As model.json takes them. */
const MAX_CHANNELS = 64;
const IMAGE_TYPES: readonly string[] = ['float32', 'float16', 'uint8'] satisfies readonly ProposedInput['dtype'][];

/** The image input: the first of rank 4 with 1 or 3 channels, or as many as the exporter says. Undefined if no input is an image; the model then takes tensors. */
export function proposeInput(model: OnnxModel, facts: ExporterFacts, findings: Findings): ProposedInput | undefined {
  const image = model.inputs.find((input) => layoutOf(input, facts) !== undefined);
  if (!image) {
    const given = model.inputs.map(({ name, type, shape }) => `"${name}" ${type} [${shape.join(', ')}]`).join(', ');
    findings.note(
      `no input is an image ([1, 3, height, width] or [1, height, width, 3]): ${given}; the model takes tensors as they are`,
    );
    return undefined;
  }
  const layout = layoutOf(image, facts) ?? 'NCHW';
  const [channels, height, width] = layout === 'NCHW' ? [1, 2, 3] : [3, 1, 2];
  const side = (axis: number): number | undefined => {
    const value = image.shape[axis];
    return typeof value === 'number' && value > 0 ? value : undefined;
  };
  const [fixedHeight, fixedWidth] = [side(height), side(width)];
  if ((fixedHeight === undefined || fixedWidth === undefined) && facts.size === undefined) {
    const free = [image.shape[width], image.shape[height]].map((one) => String(one ?? '?')).join(' × ');
    findings.ask(
      ['input.width', 'input.height'],
      `the model leaves its size free (${free}) and does not say on which it was trained; ${USUAL_SIDE} is common for detectors, 224 for classifiers`,
    );
  }
  return {
    name: image.name,
    width: fixedWidth ?? facts.size?.[1] ?? USUAL_SIDE,
    height: fixedHeight ?? facts.size?.[0] ?? USUAL_SIDE,
    layout,
    dtype: image.type as ProposedInput['dtype'],
    ...colorsOf(image.shape[channels]),
  };
}

function layoutOf({ shape, type }: OnnxValue, { channels }: ExporterFacts): 'NCHW' | 'NHWC' | undefined {
  if (shape.length !== 4 || !IMAGE_TYPES.includes(type)) return undefined;
  const isImage = (side: number | string | undefined): boolean => side === 3 || side === 1 || isSeveral(side, channels);
  if (isImage(shape[1])) return 'NCHW';
  return isImage(shape[3]) ? 'NHWC' : undefined;
}

/** Channels of a camera that sees more than colors: only if the exporter says that the model takes them. */
function isSeveral(side: number | string | undefined, channels: number | undefined): boolean {
  return side !== undefined && side === channels && channels >= 2 && channels <= MAX_CHANNELS;
}

function colorsOf(side: number | string | undefined): Pick<ProposedInput, 'color' | 'channels'> {
  if (side === 1) return { color: 'GRAY' };
  return typeof side === 'number' && side !== 3 ? { channels: side } : { color: 'RGB' };
}
