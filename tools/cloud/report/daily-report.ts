import { PutObjectCommand } from '@aws-sdk/client-s3';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { needFleetIndex } from '../fleet/index/fleet-index.ts';
import { membersQuery } from '../fleet/index/index-devices.ts';
import { indexPage } from '../fleet/index/index-page.ts';
import { indexReport } from '../fleet/index/index-report.ts';

export interface DailyReportRequest {
  readonly bucket: string;
  /** A thing group. Default: all devices that have reported a state. */
  readonly group?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** A mail of 256 kB at most, as Amazon SNS takes it. */
export interface ReportMail {
  /** 100 characters at most. */
  readonly subject: string;
  readonly message: string;
}

const MAX_LINES = 40;

/**
 * Writes the report of the fleet to `reports/<day>.html` and `.json` of the bucket, and says in a mail what is in it. The same number of requests
 * for any number of devices.
 */
export async function dailyReport(
  clients: Pick<CloudClients, 'iot' | 's3'>,
  { bucket, group, now, signal }: DailyReportRequest,
): Promise<ReportMail> {
  const index = await needFleetIndex(clients, signal);
  const members = membersQuery(group);
  const name = group ?? 'all devices';
  const found = await indexReport(index, members, { name, now });
  const page = await indexPage(index, members, found, now);
  const day = new Date(now).toISOString().slice(0, 10);
  const put = async (Key: string, Body: string, ContentType: string): Promise<void> => {
    const command = new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType });
    await awsCall(`PutObject s3://${bucket}/${Key}`, clients.s3.send(command, { abortSignal: signal }));
  };
  await put(`reports/${day}.json`, JSON.stringify({ ...found.report, States: found.states }), 'application/json');
  await put(`reports/${day}.html`, page, 'text/html');
  const { DeviceStats: devices, ModelStats: models, AgentVersions: agents } = found.report;
  const { ConnectedDeviceCount: connected, RegisteredDeviceCount: registered } = devices;
  const unwell = found.states.filter(({ value }) => value !== 'OK');
  const lines = [
    `${name}: ${registered} devices, ${connected} connected, ${registered - connected} offline.`,
    ...unwell.map(({ value, count }) => `${count} devices: ${value.toLowerCase()}`),
    '',
    ...models.map(
      (stat) =>
        `${stat.ModelName} ${stat.ModelVersion}: ${stat.ActiveDeviceCount} active of ${stat.ConnectedDeviceCount} connected, ${stat.OfflineDeviceCount} offline`,
    ),
    ...agents.map(({ Version, AgentCount }) => `agent ${Version}: ${AgentCount} devices`),
  ];
  const shown =
    lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} more`] : lines;
  const fetch = `aws s3 cp s3://${bucket}/reports/${day}.html .`;
  return {
    subject: `EdgeML: ${connected} of ${registered} devices connected, ${day}`,
    message: [...shown, '', 'The whole report:', fetch].join('\n'),
  };
}
