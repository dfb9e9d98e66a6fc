import { readServiceModel } from '../aws-models/service-models.ts';
import type { ServiceName } from '../aws-models/service-models.ts';

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

interface MemberRef {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
}

export async function loadServiceModel(name: ServiceName): Promise<ServiceModel> {
  return (await readServiceModel(name)) as ServiceModel;
}
