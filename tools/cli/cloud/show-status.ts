import type { DeploymentStatus, DeviceStatus } from '../../cloud/deployments/device-status.ts';
import { isFailure } from '../../cloud/deployments/device-status.ts';
import { targetOfArn, targetText } from '../../cloud/deployments/target.ts';
import type { Output } from '../frame/output.ts';
import { table } from '../frame/table.ts';

/** A fleet's successes are a number; its failures are lines. */
const SHOWN_DEVICES = 40;

function statusJson({ deployment, devices, total, counts, isSettled }: DeploymentStatus) {
  const { id, name, targetArn, status, components } = deployment;
  return {
    deploymentId: id,
    name,
    targetArn,
    status,
    settled: isSettled,
    ...(total === undefined ? {} : { total }),
    counts,
    components,
    devices,
  };
}

export function countsText({ counts, devices, total = devices.length }: DeploymentStatus): string {
  if (total === 0) return 'no devices yet';
  const parts = Object.entries(counts).map(([status, count]) => `${count} ${status.toLowerCase().replace('_', ' ')}`);
  return `${total} devices: ${parts.join(', ')}`;
}

export function showStatus(out: Output, status: DeploymentStatus): void {
  out.json(statusJson(status));
  if (out.isJson) return;
  const { deployment, devices } = status;
  out.line(
    `${out.paint('bold', deployment.name ?? 'deployment')} ${deployment.id} for ${targetText(targetOfArn(deployment.targetArn))}: ${deployment.status}`,
  );
  for (const [name, { componentVersion }] of Object.entries(deployment.components))
    out.line(`  ${name} ${componentVersion}`);
  out.line(countsText(status));
  const failures = devices.filter(isFailure);
  const shown = devices.length <= SHOWN_DEVICES ? devices : failures;
  if (shown.length === 0) return;
  for (const line of table(['device', 'status', 'component', 'reason'], shown.map(row))) out.line(line);
}

const WAITS_FOR: Readonly<Record<string, string>> = {
  QUEUED: 'has not called in yet',
  PENDING: 'the rollout has not reached it',
};

function row({ thing, status, failure }: DeviceStatus): readonly string[] {
  if (!failure) return [thing, status, '', WAITS_FOR[status] ?? ''];
  const { component = '?', version = '', state = '', reason, errors } = failure;
  const codes = errors.length > 0 ? ` [${errors.join(' > ')}]` : '';
  return [thing, status, `${component} ${version} ${state}`.trim(), `${reason}${codes}`];
}
