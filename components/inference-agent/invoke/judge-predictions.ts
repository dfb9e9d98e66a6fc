import { judgeAnomaly } from '#packages/model-package';
import type { GalleryBook } from '../gallery/gallery-book.ts';
import type { Judge } from './open-call.ts';

export interface JudgePorts {
  /** Of a service's answers about anomalies, 0 to 1. */
  readonly anomalySensitivity: (service: string) => number;
  readonly gallery: Pick<GalleryBook, 'judge'>;
}

/** Anomalies as their service has them judged, pictures by the names that the device knows; all other predictions stay as they are. */
export function predictionJudge({ anomalySensitivity, gallery }: JudgePorts): Judge {
  return (service, target, predictions) => {
    const [first] = predictions;
    if (first?.threshold === undefined) return predictions;
    if (first.embedding !== undefined)
      return predictions.map((one) => gallery.judge(target, target.identity.alias, one));
    const sensitivity = anomalySensitivity(service);
    return predictions.map((one) => judgeAnomaly(one, sensitivity));
  };
}
