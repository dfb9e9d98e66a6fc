import { createHash } from 'node:crypto';
import type http from 'node:http';

const PAGE = 1000;

/**
 * A bucket in memory, for fleets that are too large for a store on the disk: ListObjectsV2 in pages of a thousand, and GetObject
 * (Amazon S3 API). Reads only.
 */
export class MemoryBucket {
  readonly name: string;
  readonly objects = new Map<string, { readonly body: string; readonly modified: number }>();

  constructor(name: string) {
    this.name = name;
  }

  put(key: string, body: string, modified = Date.now()): void {
    this.objects.set(key, { body, modified });
  }

  /** False when the request is for another bucket. */
  answer(method: string, url: URL, response: http.ServerResponse): boolean {
    const [, bucket, ...rest] = decodeURIComponent(url.pathname).split('/');
    if (bucket !== this.name) return false;
    const key = rest.join('/');
    if (method === 'GET' && key === '') this.#list(url.searchParams, response);
    else if (method === 'GET') this.#get(key, response);
    else response.writeHead(405).end();
    return true;
  }

  #etag(key: string): string {
    const { body = '', modified = 0 } = this.objects.get(key) ?? {};
    return createHash('sha256').update(`${modified} ${body}`).digest('hex');
  }

  #list(query: URLSearchParams, response: http.ServerResponse): void {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const shown = keys.slice(0, PAGE);
    const contents = shown
      .map((key) => `<Contents><Key>${key}</Key><ETag>${this.#etag(key)}</ETag></Contents>`)
      .join('');
    const more =
      keys.length > PAGE
        ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${shown.at(-1)}</NextContinuationToken>`
        : '';
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><ListBucketResult><Name>${this.name}</Name>${contents}${more}</ListBucketResult>`);
  }

  #get(key: string, response: http.ServerResponse): void {
    const found = this.objects.get(key);
    if (!found) {
      const body = '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>';
      return void response.writeHead(404, { 'content-type': 'application/xml' }).end(body);
    }
    response
      .writeHead(200, { 'content-type': 'application/json', 'last-modified': new Date(found.modified).toUTCString() })
      .end(found.body);
  }
}
