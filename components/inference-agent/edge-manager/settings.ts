import { agentConfiguration } from '../config.ts';
import type { AgentConfiguration } from '../config.ts';
import type { GrpcFaceSettings } from '../grpc/grpc-face.ts';
import { socketPathOf } from './server/socket-address.ts';

const DEFAULT_SOCKET = agentConfiguration.shape.UnixSocketName.parse(undefined);
const MB = 1024 ** 2;

/** Where the configuration wants clients of Edge Manager to be served. */
export function edgeManagerSettings(configuration: AgentConfiguration, workFolder: string): GrpcFaceSettings {
  const { UnixSocketName: name, UnixSocketMode: mode, MaxMessageMB: maxMB } = configuration;
  return {
    socketPath: isOn(configuration) ? socketPathOf(name, workFolder) : undefined,
    mode: Number.parseInt(mode, 8),
    maxMessageBytes: maxMB * MB,
  };
}

function isOn({ EdgeManager: wanted, UnixSocketName: name, DeviceFleetName: fleet }: AgentConfiguration): boolean {
  if (name === '' || wanted === 'off') return false;
  return wanted === 'on' || fleet !== '' || name !== DEFAULT_SOCKET;
}
