import type { Clock, EditableConfiguration } from '#packages/foundation';
import type { AuditLog } from '../guard/audit-log.ts';
import type { Token } from '../guard/token.ts';
import type { Device } from '../device/device.ts';
import type { DeviceWatch } from '../device/device-watch.ts';
import type { Viewers } from './viewers.ts';

/** Everything that the routes of the page use. */
export interface ApiPorts {
  readonly device: Device;
  readonly watch: DeviceWatch;
  readonly viewers: Viewers;
  readonly audit: AuditLog;
  readonly token: Token;
  readonly thing: string;
  readonly clock: Clock;
  /** Whether the settings of other components may be changed here. */
  readonly mayConfigure: () => boolean;
  /** Unix socket of the service that tries models; empty: there is none. */
  readonly trySocket: string;
  /** The console's own settings. */
  readonly own: Pick<EditableConfiguration, 'report'>;
}
