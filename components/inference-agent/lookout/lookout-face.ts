import type { AgentConfiguration } from '../config.ts';
import type { Caller } from '../edge-manager/server/agent-service.ts';
import { edgeManagerSettings } from '../edge-manager/settings.ts';
import { socketPathOf } from '../edge-manager/server/socket-address.ts';
import { GrpcFace } from '../grpc/grpc-face.ts';
import type { GrpcFacePorts, GrpcFaceSettings } from '../grpc/grpc-face.ts';
import { LookoutCalls } from './lookout-calls.ts';
import type { LookoutPorts } from './lookout-calls.ts';
import type { DetectAnomaliesRequest, ModelName } from './messages.ts';

type FacePorts = LookoutPorts & Omit<GrpcFacePorts, 'name' | 'title' | 'start'>;

/** Serves clients of Lookout for Vision's edge agent (`AWS.LookoutVision.EdgeAgent`). */
export function lookoutFace(ports: FacePorts): GrpcFace {
  const calls = new LookoutCalls(ports);
  const handlers = {
    DetectAnomalies: async (request: DetectAnomaliesRequest, { client, deadlineMs, signal }: Caller) => {
      const { uid } = client();
      return { detect_anomaly_result: await calls.detect(request, { deadlineMs, signal, uid }) };
    },
    StartModel: (request: ModelName) => calls.start(request),
    StopModel: (request: ModelName) => calls.stop(request),
    ListModels: () => calls.list(),
    DescribeModel: (request: ModelName) => calls.describe(request),
  };
  return new GrpcFace({
    ...ports,
    name: 'lookout',
    title: 'Lookout for Vision',
    async start(settings) {
      // Loaded only here, as gRPC is: few devices have such a client.
      const { startGrpcServer } = await import('../edge-manager/server/start-server.ts');
      const { lookoutService } = await import('./lookout-service.ts');
      const modelOf = (request: unknown): string | undefined => (request as Partial<ModelName>).model_component;
      return startGrpcServer({
        ...ports,
        ...settings,
        service: lookoutService(),
        handlers,
        modelOf,
        failure: 'lookout.call-failed',
      });
    },
  });
}

/** Where the configuration wants clients of Lookout for Vision to be served. */
export function lookoutSettings(configuration: AgentConfiguration, workFolder: string): GrpcFaceSettings {
  const { LookoutVisionSocket: name } = configuration;
  return {
    ...edgeManagerSettings(configuration, workFolder),
    socketPath: name === '' ? undefined : socketPathOf(name, workFolder),
  };
}
