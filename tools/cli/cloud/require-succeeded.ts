import type { DeploymentStatus, DeviceStatus } from '../../cloud/deployments/device-status.ts';
import { cloudErrors } from '../../cloud/errors.ts';

const NAMED_DEVICES = 10;
const UNDER_WAY = ['PENDING', 'QUEUED', 'IN_PROGRESS'];

/**
 * The end of a command that waited for a deployment.
 *
 * @throws EdgeError `deploy.failed-devices`, `deploy.timeout` unless every device took the deployment
 */
export function requireSucceeded({ deployment, devices }: DeploymentStatus): void {
  const others = devices.filter(({ status }) => status !== 'SUCCEEDED');
  const failed = others.filter(({ status }) => !UNDER_WAY.includes(status));
  if (failed.length > 0) {
    const message = `${failed.length} of ${devices.length} devices did not take the deployment ${deployment.id}: ${named(failed)}`;
    throw cloudErrors.error('deploy.failed-devices', message, { facts: factsOf(deployment.id, failed) });
  }
  if (others.length === 0) return;
  const message = `${others.length} of ${devices.length} devices are not done with the deployment ${deployment.id}: ${named(others)}`;
  throw cloudErrors.error('deploy.timeout', message, { facts: factsOf(deployment.id, others) });
}

function named(devices: readonly DeviceStatus[]): string {
  const names = devices.slice(0, NAMED_DEVICES).map(({ thing, status }) => `${thing} (${status})`);
  return devices.length > NAMED_DEVICES ? `${names.join(', ')}, …` : names.join(', ');
}

function factsOf(deploymentId: string, devices: readonly DeviceStatus[]) {
  return { deploymentId, devices: devices.map(({ thing }) => thing) };
}
