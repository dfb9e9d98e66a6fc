import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchWheel } from './fetch-wheel.ts';
import { INDEX_TYPES } from './file-url.ts';

const wheel = Buffer.from('the wheel');
const pin = { project: 'botocore', file: 'botocore-1-any.whl', sha256: hash(wheel) };
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';

describe('fetchWheel', () => {
  let server: http.Server;
  let url: string;
  /** Answers by path; undefined for no answer at all. */
  let answers: Record<string, readonly [type: string, body: string | Buffer] | undefined>;
  let asked: http.IncomingMessage[];

  beforeEach(async () => {
    asked = [];
    for (const name of ['no_proxy', 'NO_PROXY']) vi.stubEnv(name, '127.0.0.1,localhost');
    server = http.createServer((request, response) => {
      asked.push(request);
      const target = request.url ?? '';
      if (target in answers && answers[target] === undefined) return;
      const [type, body] = answers[target] ?? [];
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const fetchIt = (indexUrl = url, reachTimeoutMs?: number) =>
    fetchWheel(pin, { indexUrl, certificates: undefined }, reachTimeoutMs === undefined ? {} : { reachTimeoutMs });
  const listed = (address: string): readonly [string, string] => [
    JSON_TYPE,
    JSON.stringify({
      files: [
        { filename: 'botocore-1.tar.gz', url: 'x' },
        { filename: pin.file, url: address },
      ],
    }),
  ];

  it('finds the file in an index that speaks JSON', async () => {
    answers = { '/simple/botocore/': listed('../../files/a.whl'), '/files/a.whl': ['binary', wheel] };
    expect(await fetchIt()).toEqual(wheel);
    expect(asked[0]?.headers.accept).toBe(INDEX_TYPES);
  });

  it('finds the file in an index that speaks HTML only', async () => {
    const page = `<html><a href="/x">botocore-1.tar.gz</a><br/>
      <a data-requires-python="&gt;=3" href="/files/a.whl?a=1&amp;b=2#sha256=0"> ${pin.file} </a></html>`;
    answers = { '/simple/botocore/': ['text/html', page], '/files/a.whl?a=1&b=2': ['binary', wheel] };
    expect(await fetchIt()).toEqual(wheel);
  });

  it('names the user of the index to the index and its files, and never in an error', async () => {
    answers = { '/simple/botocore/': listed('/files/a.whl'), '/files/a.whl': ['binary', wheel] };
    const withUser = url.replace('http://', 'http://me:se%40cret@');
    await fetchIt(withUser);
    const expected = `Basic ${Buffer.from('me:se@cret').toString('base64')}`;
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([expected, expected]);
    answers = {};
    await expect(fetchIt(withUser)).rejects.toThrow(expect.not.stringContaining('cret') as Error);
  });

  it('does not tell the user to another host', async () => {
    answers = {
      '/simple/botocore/': listed(`${url.replace('127.0.0.1', 'localhost')}a.whl`),
      '/simple/a.whl': ['', wheel],
    };
    await fetchIt(url.replace('http://', 'http://me:secret@'));
    expect(asked.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, false]);
  });

  it('refuses another content under the name of the file', async () => {
    answers = { '/simple/botocore/': listed('/files/a.whl'), '/files/a.whl': ['binary', 'something else'] };
    await expect(fetchIt()).rejects.toThrow(`${pin.file} has the hash ${hash(Buffer.from('something else'))}`);
  });

  it('says what went wrong and where', async () => {
    answers = {};
    await expect(fetchIt()).rejects.toThrow(`cannot fetch ${pin.file} from ${url}: 404 Not Found for ${url}botocore/`);
    answers = { '/simple/botocore/': [JSON_TYPE, '{"files":[]}'] };
    await expect(fetchIt()).rejects.toThrow(`it does not list ${pin.file}`);
    await expect(fetchIt('http://127.0.0.1:1/simple/')).rejects.toThrow(/cannot fetch .*: .*(ECONNREFUSED|bad port)/);
  });

  it('does not wait forever for an index that does not answer', async () => {
    answers = { '/simple/botocore/': undefined };
    await expect(fetchIt(url, 50)).rejects.toThrow(/cannot fetch .*: .*(timeout|Timeout)/);
  });
});

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
