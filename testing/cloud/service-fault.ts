/** An error that a service answers with, by its name in the service model. */
export class ServiceFault extends Error {
  readonly code: string;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(code: string, status: number, message: string, body: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.body = { message, ...body };
  }
}

export function notFound(resourceType: string, resourceId: string): ServiceFault {
  return new ServiceFault('ResourceNotFoundException', 404, `${resourceType} ${resourceId} not found`, {
    resourceId,
    resourceType,
  });
}

/** One page of a list; the token is opaque to the caller, as the service's is. */
export function page<Item>(
  items: readonly Item[],
  size: number,
  token: unknown,
): { readonly items: readonly Item[]; readonly nextToken?: string } {
  const start = typeof token === 'string' ? Number(Buffer.from(token, 'base64url').toString()) : 0;
  const end = start + size;
  return {
    items: items.slice(start, end),
    ...(end < items.length ? { nextToken: Buffer.from(String(end)).toString('base64url') } : {}),
  };
}
