import type { BufferPool } from '../buffers/buffer-pool.ts';
import type { Capture } from '../capture/capture.ts';
import type { SequenceStates, SequenceStep } from '../invoke/sequence-states.ts';
import type { TensorService } from '../invoke/tensor-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { captureData, captureStatus } from './calls/capture-calls.ts';
import { ModelCalls } from './calls/model-calls.ts';
import { OpenPredicts } from './calls/open-predicts.ts';
import { predict } from './calls/predict-call.ts';
import { GrpcFace } from '../grpc/grpc-face.ts';
import type { GrpcFacePorts } from '../grpc/grpc-face.ts';
import { ModelNames } from './model-names.ts';
import type { AgentHandlers, Caller } from './server/agent-service.ts';
import type { RestoredModels } from './restored-models.ts';
import { systemV } from './shared-memory/system-v.ts';

export interface EdgeManagerPorts extends Omit<GrpcFacePorts, 'name' | 'title' | 'start'> {
  /** Relative urls of models start here. */
  readonly workFolder: string;
  readonly registry: ModelRegistry;
  readonly tensors: TensorService;
  readonly states: SequenceStates;
  readonly buffers: BufferPool;
  readonly capture: Capture;
  readonly restored: RestoredModels;
}

/** Serves clients of SageMaker Edge Manager. */
export function edgeManagerFace(ports: EdgeManagerPorts): GrpcFace {
  const handlers = handlersOf(ports);
  return new GrpcFace({
    ...ports,
    name: 'edge-manager',
    title: 'Edge Manager',
    async start(settings) {
      // Loaded only here: most devices have no such client, and it costs them neither time nor memory.
      const { startGrpcServer } = await import('./server/start-server.ts');
      const { agentService } = await import('./server/agent-service.ts');
      const modelOf = (request: unknown): string | undefined => {
        const {
          name,
          handle,
          model_name: captured,
        } = request as Partial<Record<'name' | 'handle' | 'model_name', string>>;
        return name || handle || captured || undefined;
      };
      return startGrpcServer({
        ...ports,
        ...settings,
        service: agentService(),
        handlers,
        modelOf,
        failure: 'edge-manager.call-failed',
      });
    },
  });
}

function handlersOf(ports: EdgeManagerPorts): AgentHandlers {
  const { registry, tensors, states, buffers, capture } = ports;
  const names = new ModelNames();
  const predicts = new OpenPredicts();
  const models = new ModelCalls({ ...ports, names, predicts });
  const predictPorts = { tensors, states, names, predicts, buffers, sharedMemory: systemV };
  const served = (alias: string) => registry.served(alias);
  const capturePorts = { capture, names, served, sharedMemory: systemV };
  return {
    Predict: (request, { signal, ...caller }) =>
      predict(predictPorts, request, {
        ...caller,
        step: stepOf(caller.header),
        onCancelled: (listener) => signal.addEventListener('abort', listener, { once: true }),
      }),
    LoadModel: (request, { client, signal }) => models.load(request, client(), signal),
    UnLoadModel: (request) => models.unload(request),
    ListModels: () => models.list(),
    DescribeModel: (request) => models.describe(request),
    CaptureData: (request) => captureData(capturePorts, request),
    GetCaptureDataStatus: ({ capture_id: id }) => captureStatus(capturePorts, id),
  };
}

/** The protocol has no place for a sequence: it comes as metadata. */
function stepOf(header: Caller['header']): SequenceStep | undefined {
  const id = header('edgeml-sequence');
  if (!id) return undefined;
  const flag = (name: string): boolean => header(name) === 'true';
  return { id, start: flag('edgeml-sequence-start'), end: flag('edgeml-sequence-end'), mayBegin: true };
}
