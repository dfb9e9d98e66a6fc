import type { OutputSpec, PackageFiles, SsdOutput } from '#packages/model-package';

import { anomalyDecoder } from './anomaly.ts';
import { classificationDecoder } from './classification.ts';
import { ctcDecoder, loadDictionary } from './ctc.ts';
import { dbDecoder } from './db.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { efficientDetDecoder } from './efficientdet.ts';
import { embeddingDecoder } from './embedding.ts';
import { loadGallery } from './load-gallery.ts';
import { gflDecoder } from './gfl.ts';
import { loadPriors } from './priors.ts';
import { segmentationDecoder } from './segmentation.ts';
import { scrfdDecoder } from './scrfd.ts';
import { ssdFinishedDecoder } from './ssd-finished.ts';
import { ssdPerClassDecoder } from './ssd-per-class.ts';
import { ssdRowsDecoder } from './ssd-rows.ts';
import { yolov3Decoder } from './yolov3.ts';
import { yolov5Decoder } from './yolov5.ts';
import { yolov8Decoder } from './yolov8.ts';
import { yolov8ObbDecoder } from './yolov8-obb.ts';
import { yolov8PoseDecoder } from './yolov8-pose.ts';
import { yolov8SegDecoder } from './yolov8-seg.ts';
import { yoloxDecoder } from './yolox.ts';
import { yunetDecoder } from './yunet.ts';

/**
 * The decoder that `output` of model.json names, checked against the outputs that the model has.
 * @throws EdgeError `model.interface-mismatch`, `model.file-missing`
 */
export async function createDecoder(
  spec: OutputSpec,
  context: DecoderContext,
  files: PackageFiles,
): Promise<OutputDecoder> {
  switch (spec.decoder) {
    case 'tensor':
      return { fetches: context.outputs.map((output) => output.name), decode: () => [] };
    case 'classification':
      return classificationDecoder(spec, context);
    case 'ssd':
      return ssdDecoder(spec, context, files);
    case 'yolov3':
      return yolov3Decoder(spec, context);
    case 'yolov5':
      return yolov5Decoder(spec, context);
    case 'yolov8':
      return yolov8Decoder(spec, context);
    case 'yolov8-pose':
      return yolov8PoseDecoder(spec, context);
    case 'yolov8-obb':
      return yolov8ObbDecoder(spec, context);
    case 'yolov8-seg':
      return yolov8SegDecoder(spec, context);
    case 'gfl':
      return gflDecoder(spec, context);
    case 'efficientdet':
      return efficientDetDecoder(spec, context);
    case 'yunet':
      return yunetDecoder(spec, context);
    case 'scrfd':
      return scrfdDecoder(spec, context);
    case 'ctc':
      return ctcDecoder(spec, context, await loadDictionary(spec.dictionary, files));
    case 'db':
      return dbDecoder(spec, context);
    case 'yolox':
      return yoloxDecoder(spec, context);
    case 'segmentation':
      return segmentationDecoder(spec, context);
    case 'anomaly':
      return anomalyDecoder(spec, context);
    case 'embedding':
      return embeddingDecoder(spec, context, await loadGallery(spec, files));
  }
}

async function ssdDecoder(spec: SsdOutput, context: DecoderContext, files: PackageFiles): Promise<OutputDecoder> {
  if ('classes' in spec) return ssdFinishedDecoder(spec, context);
  if (!('scores' in spec)) return ssdRowsDecoder(spec, context);
  const priors = spec.priors === undefined ? undefined : await loadPriors(spec.priors, context.outputs, files);
  return ssdPerClassDecoder(spec, context, priors);
}
