import { choiceSetting, integerSetting, textSetting } from '#packages/foundation';

/** Facts that the old agent's clients need and that its configuration had no key for. */
export const clientKeys = {
  EdgeManager: choiceSetting(['auto', 'on', 'off'])
    .default('auto')
    .describe(
      'Whether clients of SageMaker Edge Manager are served over gRPC. `auto`: while edgeml.EdgeManager is deployed, or if DeviceFleetName is set or UnixSocketName is not the default.',
    ),
  UnixSocketMode: textSetting({ pattern: /^0?[0-7]{3}$/, meaning: 'three octal digits, e.g. "660"' })
    .default('660')
    .describe('Permissions of that socket. "666" lets every user of the device in.'),
  MaxMessageMB: integerSetting({ min: 1, max: 2_047 })
    .default(256)
    .describe('Larger gRPC requests are refused with RESOURCE_EXHAUSTED.'),
  ClientModelGraceSeconds: integerSetting({ min: 0, max: 31_536_000 })
    .default(86_400)
    .describe(
      'A model that a client had loaded before the agent restarted is given up if nobody asks for it for this long after the restart; 0: it stays until a client unloads it.',
    ),
};
