import { isEdgeError, messageOf } from '#packages/foundation';

/** Status codes of gRPC. Source: grpc.github.io/grpc/core/md_doc_statuscodes.html. */
export const STATUS = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

type StatusName = keyof typeof STATUS;

export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
}

/** The status for anything that was thrown: the one that Edge Manager documents for the condition. */
export function grpcStatusOf(thrown: unknown): GrpcStatus {
  if (!isEdgeError(thrown)) return { code: STATUS.INTERNAL, details: messageOf(thrown) };
  const name = BY_CODE[thrown.code] ?? BY_HTTP_STATUS[thrown.status ?? 500] ?? 'INTERNAL';
  return { code: STATUS[name], details: `${thrown.message} [${thrown.code}] ${thrown.todo}` };
}

/** Where the HTTP status of a code says less than Edge Manager does. */
const BY_CODE: Readonly<Record<string, StatusName>> = {
  'admission.cancelled': 'CANCELLED',
  'admission.queue-full': 'RESOURCE_EXHAUSTED',
  'admission.memory-full': 'RESOURCE_EXHAUSTED',
  'capture.future-timestamp': 'OUT_OF_RANGE',
  'capture.offline': 'FAILED_PRECONDITION',
  'capture.not-configured': 'FAILED_PRECONDITION',
  'model.provider-unavailable': 'FAILED_PRECONDITION',
  'model.superseded': 'ABORTED',
  'package.changed': 'FAILED_PRECONDITION',
  'package.too-large': 'FAILED_PRECONDITION',
  'archive.too-large': 'FAILED_PRECONDITION',
  'instance.start-failed': 'FAILED_PRECONDITION',
  'instance.start-timeout': 'FAILED_PRECONDITION',
};

const BY_HTTP_STATUS: Readonly<Record<number, StatusName>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'CANCELLED',
  409: 'ALREADY_EXISTS',
  412: 'FAILED_PRECONDITION',
  413: 'RESOURCE_EXHAUSTED',
  415: 'INVALID_ARGUMENT',
  422: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  507: 'RESOURCE_EXHAUSTED',
};
