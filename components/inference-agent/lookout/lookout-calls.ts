import { randomUUID } from 'node:crypto';
import type { Prediction } from '#packages/model-package';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import { agentErrors } from '../errors.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { maskOf } from './anomaly-mask.ts';
import { bytesOf, finishPicture, HEADER_BYTES, packRows, rowBytesOf } from './bitmap-picture.ts';
import type { Bitmap, DetectAnomaliesRequest, DetectAnomalyResult, ModelDescription, ModelName } from './messages.ts';
import { PosixMemory } from './posix-memory.ts';

export interface LookoutPorts {
  readonly registry: Pick<ModelRegistry, 'served' | 'aliases' | 'target'>;
  readonly invoker: Pick<InvokeService, 'begin'>;
  readonly buffers: Pick<BufferPool, 'take'>;
  /** The alias that answers a service. */
  readonly aliasOf: (service: string) => string;
  /** Services that are answered by an alias, by which clients may name its model. */
  readonly servicesOf: (alias: string) => readonly string[];
  readonly memory?: PosixMemory;
}

export interface LookoutCaller {
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal;
  /** User of the calling program. */
  readonly uid: number | undefined;
}

/** A client of gRPC that sets no limit of its own refuses answers of more than 4 MiB, and one that knows no masks loses the whole answer. */
const MAX_UNASKED_BYTES = 4 * 1024 ** 2 - 4_096;
/** How components of models are called here. */
const PREFIX = 'edgeml.model.';

/**
 * The five calls of Lookout for Vision's edge agent, answered by models of the task `anomaly`. Clients name a component; here that is a
 * service or an alias, with `edgeml.model.` before it or not. A model that its component deployed runs; what a client stops
 * is stopped for the clients of this socket alone.
 */
export class LookoutCalls {
  readonly #ports: LookoutPorts;
  readonly #memory: PosixMemory;
  readonly #stopped = new Set<string>();
  /** Models that a client has started: the first start of a model that runs already succeeds. */
  readonly #started = new Set<string>();

  constructor(ports: LookoutPorts) {
    this.#ports = ports;
    this.#memory = ports.memory ?? new PosixMemory();
  }

  /** @throws EdgeError `lookout.*`, `admission.*`, `model.*`, `instance.*` */
  async detect(request: DetectAnomaliesRequest, caller: LookoutCaller): Promise<DetectAnomalyResult> {
    const { model_component: name, bitmap, anomaly_mask_params: mask } = request;
    const { service, alias } = this.#find(name);
    if (this.#stopped.has(alias)) throw wrongState(name, 'STOPPED', 'call StartModel first');
    if (!bitmap) throw agentErrors.error('lookout.bitmap-invalid', 'the request does not have a bitmap');
    const deadline = caller.deadlineMs === undefined ? {} : { deadlineMs: caller.deadlineMs };
    const call = this.#ports.invoker.begin(service, { announcedBytes: bytesOf(bitmap), ...deadline });
    caller.signal.addEventListener('abort', () => call.cancel(), { once: true });
    const picture = await call.reading(() => this.#pictureOf(bitmap, caller.uid));
    call.arrived(picture.byteLength);
    const { predictions } = await call.run(randomUUID(), picture);
    return this.#resultOf(predictions[0] as Prediction, bitmap, mask, caller.uid);
  }

  list(): { readonly models: readonly ModelDescription[] } {
    const { registry, servicesOf } = this.#ports;
    const aliases = registry.aliases().filter((alias) => this.#isOfAnomalies(alias));
    return { models: aliases.flatMap((alias) => servicesOf(alias).map((service) => this.#describe(service))) };
  }

  /** @throws EdgeError `lookout.not-found` */
  describe({ model_component: name }: ModelName): { readonly model_description: ModelDescription } {
    return { model_description: { ...this.#describe(this.#find(name).service), model_component: name } };
  }

  /** @throws EdgeError `lookout.not-found`, `lookout.wrong-state` */
  start({ model_component: name }: ModelName): { readonly status: 'STARTING' } {
    const { alias } = this.#find(name);
    if (!this.#stopped.delete(alias) && this.#started.has(alias))
      throw wrongState(name, 'RUNNING', 'a model is started if it is STOPPED');
    this.#started.add(alias);
    return { status: 'STARTING' };
  }

  /** @throws EdgeError `lookout.not-found`, `lookout.wrong-state` */
  stop({ model_component: name }: ModelName): { readonly status: 'STOPPED' } {
    const { alias } = this.#find(name);
    if (this.#stopped.has(alias)) throw wrongState(name, 'STOPPED', 'a model is stopped if it is RUNNING');
    this.#stopped.add(alias);
    return { status: 'STOPPED' };
  }

  #pictureOf(bitmap: Bitmap, uid: number | undefined): Uint8Array<ArrayBuffer> {
    const bytes = bytesOf(bitmap);
    const { width, height, shared_memory_handle: handle, byte_data: data } = bitmap;
    const given = handle?.size ?? data?.byteLength ?? 0;
    const rowBytes = rowBytesOf(bitmap, given);
    const buffer = this.#ports.buffers.take(HEADER_BYTES + rowBytes * height);
    const pixels = buffer.subarray(HEADER_BYTES);
    if (handle) this.#memory.read(handle, uid, pixels);
    else {
      if (given !== pixels.byteLength) {
        const message = `the bitmap has ${given} bytes, and ${width} × ${height} pixels of RGB are ${bytes}`;
        throw agentErrors.error('lookout.bitmap-invalid', message);
      }
      pixels.set(data as Uint8Array);
    }
    packRows(pixels, bitmap, rowBytes);
    const picture = buffer.subarray(0, HEADER_BYTES + bytes);
    finishPicture(picture, bitmap);
    return picture;
  }

  #resultOf(
    { classId, score, threshold = 0.5, heatMap }: Prediction,
    bitmap: Bitmap,
    params: DetectAnomaliesRequest['anomaly_mask_params'],
    uid: number | undefined,
  ): DetectAnomalyResult {
    // How far the score lies from the threshold, of how far it can: 0.5 to 1.
    const room = classId === 1 ? 1 - threshold : threshold;
    const confidence = room > 0 ? Math.min(1, 0.5 + Math.abs(score - threshold) / (2 * room)) : 1;
    const result = { is_anomalous: classId === 1, confidence, anomaly_score: score, anomaly_threshold: threshold };
    const mask = heatMap && maskOf(heatMap, threshold, bitmap);
    if (!mask) return result;
    const { width, height } = bitmap;
    const place = params?.shared_memory_handle;
    if (place) this.#memory.write(place, uid, mask.pixels);
    const isSent = place ?? params ?? mask.pixels.byteLength <= MAX_UNASKED_BYTES;
    const content = place ? { shared_memory_handle: place } : { byte_data: mask.pixels };
    return {
      ...result,
      ...(isSent ? { anomaly_mask: { width, height, ...content } } : {}),
      anomalies: mask.areas.map(({ name, color, share }) => ({
        name,
        pixel_anomaly: { total_percentage_area: share, hex_color: color },
      })),
    };
  }

  #describe(service: string): ModelDescription {
    const isStopped = this.#stopped.has(this.#ports.aliasOf(service));
    return {
      model_component: service,
      lookout_vision_model_arn: '',
      status: isStopped ? 'STOPPED' : 'RUNNING',
      status_message: isStopped ? 'A client has stopped the model.' : 'The model is running.',
    };
  }

  /** @throws EdgeError `lookout.not-found` */
  #find(name: string): { readonly service: string; readonly alias: string } {
    for (const service of [name, ...(name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])]) {
      const alias = this.#ports.aliasOf(service);
      if (this.#isOfAnomalies(alias)) return { service, alias };
    }
    const known = this.list().models.map(({ model_component: one }) => one);
    const which = known.length === 0 ? 'none is there' : `there are ${known.join(', ')}`;
    const message = `no model of the task "anomaly" is called "${name.slice(0, 200)}" (${which})`;
    throw agentErrors.error('lookout.not-found', message);
  }

  #isOfAnomalies(alias: string): boolean {
    return this.#ports.registry.served(alias)?.serving.spec.manifest.task === 'anomaly';
  }
}

function wrongState(name: string, state: string, what: string): Error {
  return agentErrors.error('lookout.wrong-state', `the model "${name.slice(0, 200)}" is ${state}; ${what}`);
}
