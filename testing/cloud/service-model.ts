import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** The part of a service model (the form that the AWS SDKs are generated from) that requests and answers are checked by. */
export interface ServiceModel {
  readonly metadata: { readonly protocol: string; readonly signingName?: string; readonly targetPrefix?: string };
  readonly operations: Readonly<Record<string, OperationModel>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

export interface OperationModel {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string };
}

export interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, MemberRef>>;
  readonly member?: MemberRef;
  readonly key?: MemberRef;
  readonly value?: MemberRef;
  readonly payload?: string;
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly enum?: readonly string[];
  readonly error?: { readonly httpStatusCode: number };
}

export interface MemberRef {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
}

const FOLDER = path.resolve(import.meta.dirname, '../../../shared/aws-models');

/** False where the service models are not at hand; the tests that need them are skipped then, except in CI. */
export const hasServiceModels = existsSync(FOLDER);
export const skipsCloudTests = !hasServiceModels && process.env['CI'] === undefined;
export const SKIP_REASON = `skipped: no service models in ${path.relative(process.cwd(), FOLDER)}`;

export function loadServiceModel(name: 'greengrassv2' | 'iot' | 'sagemaker'): ServiceModel {
  return JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')) as ServiceModel;
}
