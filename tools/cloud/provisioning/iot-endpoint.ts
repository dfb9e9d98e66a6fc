import { DescribeEndpointCommand } from '@aws-sdk/client-iot';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';

/** Host name of an endpoint of the account, such as `iot:Data-ATS`. */
export async function iotEndpoint(
  { iot }: Pick<CloudClients, 'iot'>,
  endpointType: string,
  signal: AbortSignal,
): Promise<string> {
  const sent = iot.send(new DescribeEndpointCommand({ endpointType }), { abortSignal: signal });
  return (await awsCall(`DescribeEndpoint ${endpointType}`, sent)).endpointAddress ?? '';
}
