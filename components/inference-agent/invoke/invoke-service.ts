import type { InvokeResult } from '#packages/http';
import type { Prediction } from '#packages/model-package';
import type { Inference, Placement } from '#packages/vision';

import type { AdmissionRequest, Admitted } from '../admission/admission.ts';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import type { Challengers } from '../challenger/challengers.ts';
import { ImageFile } from '../picture/image-file.ts';
import type { Picture } from '../picture/picture.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import { outputsForJson } from './json-outputs.ts';
import type { SeenPicture } from './observed-run.ts';
import { OpenCall } from './open-call.ts';
import type { CallPorts } from './open-call.ts';

/** The way by which a request that names an image came; each has folders of its own. */
export type ImageDoor = 'agent.sock' | 'SocketFolder' | 'ipc';

export interface InvokePorts extends CallPorts {
  /** Memory for images. */
  readonly buffers: BufferPool;
  readonly maxImageBytes: () => number;
  /** Folders below which requests may name image files, absolute paths. */
  readonly imageFolders: (door: ImageDoor) => readonly string[];
  readonly observe: (service: string, result: InvokeResult, seen: SeenPicture) => void;
  /** Models that are compared with those that serve. */
  readonly challengers: Pick<Challengers, 'draw'>;
}

/** Answers invocations, however they came: over HTTP or over IPC. */
export class InvokeService {
  readonly #ports: InvokePorts;

  constructor(ports: InvokePorts) {
    this.#ports = ports;
  }

  get maxImageBytes(): number {
    return this.#ports.maxImageBytes();
  }

  get buffers(): BufferPool {
    return this.#ports.buffers;
  }

  /**
   * Opens an image that a request names in place of sending it; `InvokeCall.run` closes it.
   * @throws EdgeError `invoke.folder-not-allowed`, `invoke.file-unreadable`, `http.body-too-large`
   */
  openImage(path: string, door: ImageDoor): ImageFile {
    return ImageFile.open(path, { folders: this.#ports.imageFolders(door), maxBytes: this.maxImageBytes });
  }

  /** Lets a request in before its body is there. @throws EdgeError `admission.*`, `model.not-found` */
  begin(service: string, request: AdmissionRequest): InvokeCall {
    return new InvokeCall(this.#ports, service, this.#ports.admission.enter(service, request));
  }
}

/** One request that was let in. */
export class InvokeCall extends OpenCall<InvokePorts, Inference> {
  /** Runs the picture: bytes are moved away, a file is closed after the answer. @throws EdgeError `image.*`, `model.*`, `instance.*`, `admission.*` */
  async run(id: string, picture: Picture, contentType?: string): Promise<InvokeResult> {
    return (await this.runWhole(id, picture, contentType)).result;
  }

  /** As `run`, with what the answer of the HTTP API leaves out. */
  async runWhole(id: string, picture: Picture, contentType?: string): Promise<InvokeOutcome> {
    const trial = this.ports.challengers.draw(this.service, picture, contentType);
    try {
      this.ports.admission.submit(this.request, picture, contentType);
      trial?.submitted();
      const answer = await this.request.answer;
      const predictions = this.ports.judge(this.service, answer.target, answer.inference.predictions);
      const result = resultOf(id, this.service, answer, predictions);
      // Counted once the answer is on its way: histograms are a tenth of what the agent adds to a request.
      setImmediate(() => {
        this.ports.observe(this.service, result, answer);
        trial?.answered(id, answer);
      });
      const { classScores, placement } = answer.inference;
      return { result, found: answer.inference.predictions, classScores, placement };
    } catch (thrown) {
      trial?.dropped();
      this.ports.observeError(this.service, thrown);
      throw thrown;
    } finally {
      if (picture instanceof ImageFile) picture.close();
    }
  }
}

export interface InvokeOutcome {
  readonly result: InvokeResult;
  /** The model's own predictions, before the settings of the service and the device's gallery have judged them. */
  readonly found: readonly Prediction[];
  /** Only of classifiers: the scores of all classes, in model order. */
  readonly classScores: Float32Array | undefined;
  /** Where the image lies in the model's input. */
  readonly placement?: Placement | undefined;
}

function resultOf(
  id: string,
  service: string,
  { inference, queueMs, target }: Admitted<ServingModel>,
  predictions: readonly Prediction[],
): InvokeResult {
  const { image, timings, outputs } = inference;
  return {
    id,
    service,
    ...target.answeredBy,
    image,
    predictions,
    ...(target.rarity ? { deviation: target.rarity.of(inference) } : {}),
    ...(outputs ? { outputs: outputsForJson(outputs) } : {}),
    timings: { queueMs: Math.round(queueMs * 1000) / 1000, ...timings },
  };
}
