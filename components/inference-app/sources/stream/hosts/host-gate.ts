import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { AllowedHosts } from '../../allowed-hosts.ts';
import { readRequest } from './proxy-request.ts';
import type { ProxyRequest } from './proxy-request.ts';
import { proxyFor } from './outer-proxy.ts';

export interface HostGateOptions {
  readonly hosts: AllowedHosts;
  /** The environment that ffmpeg would have, whose `http_proxy` and `no_proxy` go on to hold. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Requests of ffmpeg are some hundred bytes long. */
const MAX_REQUEST_BYTES = 64_000;
/** ffmpeg opens a few at a time. */
const MAX_CONNECTIONS = 64;
/** A playlist can name any number of hosts. */
const MAX_REFUSED = 16;

/**
 * The only way to the network for what ffmpeg opens over HTTP and TLS: an HTTP proxy on the loopback interface that leads to allowed
 * hosts and refuses all others, since ffmpeg follows redirects, and the addresses in playlists, to anywhere. Answers pass
 * through untouched.
 */
export class HostGate {
  readonly #options: HostGateOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #refused = new Set<string>();

  static async open(options: HostGateOptions): Promise<HostGate> {
    const gate = new HostGate(options);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  private constructor(options: HostGateOptions) {
    this.#options = options;
    this.#server = createServer((client) => this.#serve(client));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Hosts that were asked for in vain. */
  get refused(): readonly string[] {
    return [...this.#refused];
  }

  /** For ffmpeg, over what it has. */
  get environment(): NodeJS.ProcessEnv {
    const { port } = this.#server.address() as AddressInfo;
    const { http_proxy: outer } = this.#options.environment;
    // ffmpeg itself answers an outer proxy that asks for a login.
    const [, login = ''] = /^http:\/\/([^/?#]*@)/i.exec(outer ?? '') ?? [];
    return { http_proxy: `http://${login}127.0.0.1:${port}`, no_proxy: undefined };
  }

  /** Ends all connections. Idempotent. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket): void {
    this.#own(client);
    let waiting: Buffer = Buffer.alloc(0);
    let passage: Passage | undefined;
    client.on('data', (chunk: Buffer) => {
      if (passage?.isRaw) return void passage.camera.write(chunk);
      waiting = Buffer.concat([waiting, chunk]);
      for (let request; (request = readRequest(waiting)); waiting = request.rest) {
        passage = this.#pass(client, request, passage);
        if (!passage) return;
        if (!passage.isRaw) continue;
        passage.camera.write(request.rest);
        return;
      }
      if (waiting.length > MAX_REQUEST_BYTES) client.destroy();
    });
  }

  /** Sends a request on; a connection leads to one host from its first request on. */
  #pass(client: Socket, request: ProxyRequest, before: Passage | undefined): Passage | undefined {
    const { host, port } = request;
    if (host === undefined || !this.#options.hosts.has(host)) return this.#refuse(client, host);
    if (before && (before.host !== host || before.port !== port)) return void client.destroy();
    const outer = proxyFor(host, this.#options.environment);
    const camera = before?.camera ?? this.#connect(client, outer ?? { host, port });
    const isTunnel = request.method === 'CONNECT';
    if (outer || !isTunnel) camera.write(outer ? request.asGiven : request.forServer);
    else camera.once('connect', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    // A body follows, or what nobody reads along.
    return { host, port, camera, isRaw: isTunnel || request.method === 'POST' };
  }

  #connect(client: Socket, { host, port }: { readonly host: string; readonly port: number }): Socket {
    const camera = connect({ host, port, noDelay: true });
    this.#own(camera);
    camera.once('connect', () => camera.pipe(client));
    camera.once('close', () => {
      if (camera.bytesRead === 0 && client.bytesWritten === 0) return answer(client, '502 Bad Gateway');
      client.end();
    });
    client.once('close', () => camera.destroy());
    return camera;
  }

  #refuse(client: Socket, host: string | undefined): undefined {
    if (host !== undefined && this.#refused.size < MAX_REFUSED) this.#refused.add(host);
    answer(client, host === undefined ? '400 Bad Request' : '403 Forbidden');
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** Where a connection of ffmpeg leads. */
interface Passage {
  readonly host: string;
  readonly port: number;
  readonly camera: Socket;
  /** Whether bytes that come pass as they are. */
  readonly isRaw: boolean;
}

function answer(client: Socket, status: string): void {
  client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}
