import type { OtherProtocol } from '#packages/http';
import type { GrpcServer, GrpcServerOptions } from './grpc-server.ts';

/** How an HTTP/2 connection begins. Source: RFC 9113, 3.4. */
const PREFACE = 'PRI * HTTP/2.0';

/** Open Inference Protocol by gRPC, on the connections of a socket that speaks HTTP too: they are told apart by how they begin. */
export function grpcEndpoint(options: GrpcServerOptions): OtherProtocol {
  let server: Promise<GrpcServer> | undefined;
  return {
    preface: PREFACE,
    async take(socket) {
      // Loaded with the first connection: it costs the start 60 ms, and many devices never see one.
      server ??= import('./grpc-server.ts').then(({ grpcServer }) => grpcServer(options));
      (await server).take(socket);
    },
    close: async (timeoutMs) => (await server)?.close(timeoutMs),
  };
}
