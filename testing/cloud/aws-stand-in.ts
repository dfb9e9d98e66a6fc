import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startS3Server, TEST_KEYS } from '../object-store/s3-server.ts';
import { FleetSimulation } from './fleet-simulation.ts';
import { ACCOUNT, GreengrassStandIn, REGION } from './greengrass.ts';
import type { Handlers } from './greengrass.ts';
import { IndexStandIn } from './index-stand-in.ts';
import { IotStandIn } from './iot.ts';
import { KmsStandIn } from './kms.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { bindRest } from './rest-binding.ts';
import { SageMakerStandIn } from './sagemaker.ts';
import { ServiceFault } from './service-fault.ts';
import { loadServiceModel } from './service-model.ts';
import type { OperationModel, ServiceModel } from './service-model.ts';
import { faultsOf } from './validate.ts';

interface RecordedRequest {
  /** Name in the signature's scope: greengrass, iot, kms, sagemaker, s3, sts. */
  readonly service: string;
  /** For S3 the method and path. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The fault of a request: refused for its rate, a fault of the service, the connection cut before or after it took effect. */
export type Mishap = 'throttle' | 'error' | 'cut-before' | 'cut-after';

export interface AwsStandIn {
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** Requests that the service models forbid, and answers of the stand-in itself that they would not allow. */
  readonly violations: string[];
  /** Decides what goes wrong with the nth request (from 0). */
  mishap: (request: RecordedRequest, index: number) => Mishap | undefined;
  readonly greengrass: GreengrassStandIn;
  readonly iot: IotStandIn;
  readonly index: IndexStandIn;
  readonly sagemaker: SageMakerStandIn;
  readonly kms: KmsStandIn;
  readonly fleet: FleetSimulation;
  readonly s3: S3Client;
  /** The bucket `heartbeats`. */
  readonly memoryBucket: MemoryBucket;
  /** The environment of a process that speaks to it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Plays AWS on this machine: one endpoint, services told apart by the scope of the signature, as in `AWS_ENDPOINT_URL`. */
export async function startAwsStandIn(...buckets: readonly string[]): Promise<AwsStandIn> {
  const s3Server = await startS3Server(...buckets);
  const s3 = new S3Client({ endpoint: s3Server.url, region: REGION, forcePathStyle: true, credentials: TEST_KEYS });
  const fleet = new FleetSimulation(ACCOUNT, REGION);
  const greengrass = new GreengrassStandIn(fleet, (bucket, key) => readObject(s3, bucket, key));
  const iot = new IotStandIn(fleet);
  const index = new IndexStandIn();
  const sagemaker = new SageMakerStandIn();
  const kms = new KmsStandIn();
  const services: Readonly<Record<string, { model: ServiceModel; handlers: Handlers }>> = {
    greengrass: { model: await loadServiceModel('greengrassv2'), handlers: greengrass.handlers },
    iot: { model: await loadServiceModel('iot'), handlers: { ...iot.handlers, ...(index.handlers as Handlers) } },
    kms: { model: await loadServiceModel('kms'), handlers: kms.handlers },
    sagemaker: { model: await loadServiceModel('sagemaker'), handlers: sagemaker.handlers },
  };
  const server = http.createServer();
  const requests: RecordedRequest[] = [];
  const violations: string[] = [];
  const standIn = {
    requests,
    violations,
    mishap: () => undefined,
    greengrass,
    iot,
    index,
    sagemaker,
    kms,
    fleet,
    s3,
    memoryBucket: new MemoryBucket('heartbeats'),
  } as Pick<AwsStandIn, 'mishap' | 'requests' | 'violations'> & Omit<AwsStandIn, 'url' | 'environment' | 'close'>;

  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const service = scopeOf(request.headers.authorization);
    const url = new URL(request.url ?? '/', 'http://stand-in');
    if (service === 's3') {
      const recorded = { service, operation: `${request.method ?? ''} ${decodeURIComponent(url.pathname)}`, input: {} };
      if (standIn.memoryBucket.answer(request.method ?? '', url, response)) return void requests.push(recorded);
      return proxy(s3Server.url, request, response, standIn.mishap(recorded, requests.push(recorded) - 1));
    }
    const body = await readBody(request);
    if (service === 'sts') return sendIdentity(response, requests);
    const known = services[service];
    if (!known) return send(response, 403, 'UnknownService', { message: `no stand-in for "${service}"` });
    const wire = { method: request.method ?? '', url, headers: request.headers, body };
    const bound = known.model.metadata.protocol === 'json' ? bindJson(known.model, wire) : bindRest(known.model, wire);
    if (!bound) {
      violations.push(`${service}: no operation for ${wire.method} ${url.pathname}`);
      return send(response, 404, 'UnknownOperationException', { message: `${wire.method} ${url.pathname}` });
    }
    const { operation, input } = bound;
    const recorded = { service, operation: operation.name, input };
    const mishap = standIn.mishap(recorded, requests.push(recorded) - 1);
    if (mishap === 'throttle') return send(response, 429, 'ThrottlingException', { message: 'Rate exceeded' });
    if (mishap === 'error') return send(response, 500, 'InternalServerException', { message: 'internal' });
    if (mishap === 'cut-before') return void request.socket.destroy();
    const faults = [...bound.faults, ...(operation.input ? faultsOf(known.model, operation.input.shape, input) : [])];
    if (faults.length > 0) {
      violations.push(...faults.map((fault) => `${operation.name} ${fault}`));
      return send(response, 400, 'ValidationException', { message: faults.join('; ') });
    }
    try {
      const handler = known.handlers[operation.name];
      if (!handler) throw new ServiceFault('UnsupportedOperation', 501, `the stand-in has no ${operation.name}`);
      const output = await handler(input as never);
      if (operation.output)
        violations.push(
          ...faultsOf(known.model, operation.output.shape, output).map(
            (fault) => `answer of ${operation.name} ${fault}`,
          ),
        );
      if (mishap === 'cut-after') return void request.socket.destroy();
      send(response, operation.http.responseCode ?? 200, undefined, output);
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      send(response, error.status, error.code, error.body);
    }
  };
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      violations.push(`the stand-in failed: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(standIn, {
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: TEST_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_KEYS.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    close: async () => {
      s3.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await s3Server.close();
    },
  });
}

function scopeOf(authorization: string | undefined): string {
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization ?? '')?.[1] ?? 'unsigned';
}

function bindJson(model: ServiceModel, { headers, body }: { headers: http.IncomingHttpHeaders; body: Buffer }) {
  const [, name = ''] = String(headers['x-amz-target']).split('.');
  const operation: OperationModel | undefined = model.operations[name];
  return operation && { operation, input: JSON.parse(body.toString() || '{}') as Record<string, unknown>, faults: [] };
}

function send(response: http.ServerResponse, status: number, error: string | undefined, body: unknown): void {
  const headers = {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
  };
  response.writeHead(status, headers).end(status === 204 ? undefined : JSON.stringify(body));
}

function sendIdentity(response: http.ServerResponse, requests: RecordedRequest[]): void {
  requests.push({ service: 'sts', operation: 'GetCallerIdentity', input: {} });
  const arn = `arn:aws:iam::${ACCOUNT}:user/test`;
  response
    .writeHead(200, { 'content-type': 'text/xml' })
    .end(
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>test</UserId><Account>${ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    );
}

/** Hands an S3 request on with its own Host header, which the signature covers. */
function proxy(
  target: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  mishap: Mishap | undefined,
): void {
  if (mishap === 'cut-before') return void request.socket.destroy();
  if (mishap === 'throttle' || mishap === 'error') {
    request.resume();
    const code = mishap === 'throttle' ? 'SlowDown' : 'InternalError';
    return void response
      .writeHead(503, { 'content-type': 'application/xml' })
      .end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  }
  const onward = http.request(
    new URL(request.url ?? '/', target),
    { method: request.method, headers: request.headers, setHost: false },
    (answer) => {
      if (mishap === 'cut-after') {
        answer.resume();
        answer.on('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  // Whole or not at all, as S3 takes it: s3rver would keep the half of an upload that breaks off.
  readBody(request).then(
    (body) => onward.end(body),
    () => onward.destroy(),
  );
}

async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function readObject(s3: S3Client, bucket: string, key: string): Promise<Buffer | undefined> {
  const found = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch(() => undefined);
  return found?.Body && Buffer.from(await found.Body.transformToByteArray());
}
