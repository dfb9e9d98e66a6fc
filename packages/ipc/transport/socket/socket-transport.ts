import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { messageOf } from '#packages/foundation';
import { NucleusFault } from '../nucleus-transport.ts';
import type { NucleusTransport } from '../nucleus-transport.ts';
import { encodeFrame, FRAME_FLAG, FRAME_TYPE, PROTOCOL_VERSION } from '../../event-stream/frame.ts';
import type { Frame } from '../../event-stream/frame.ts';
import { FrameReader } from '../../event-stream/frame-reader.ts';
import { RpcConnection } from './rpc-connection.ts';

export interface SocketTransportOptions {
  /** Path as the nucleus gave it; may be relative to the working directory. */
  readonly socketPath: string;
  /** `SVCUID`. */
  readonly token: string;
}

/**
 * The nucleus' protocol over a plain socket, without native code: whatever the nucleus sends, or wherever it hangs up, the process
 * lives on.
 */
export function socketTransport({ socketPath, token }: SocketTransportOptions): NucleusTransport {
  return {
    async open(onClosed, signal) {
      signal.throwIfAborted();
      const socket = connect(socketPath);
      const rpc = new RpcConnection(socket, onClosed);
      const reader = new FrameReader();
      try {
        await new Promise<void>((resolve, reject) => {
          let connected = false;
          const abort = (): void => reject(signal.reason as Error);
          signal.addEventListener('abort', abort, { once: true });
          const settle = (end: () => void): void => {
            signal.removeEventListener('abort', abort);
            end();
          };
          const receive = (frame: Frame): void => {
            if (frame.type !== FRAME_TYPE.connectAck) return rpc.receive(frame);
            if ((frame.flags & FRAME_FLAG.connectionAccepted) !== 0) settle(resolve);
            else settle(() => reject(new NucleusFault('refused', 'the nucleus refused the token')));
          };
          socket.once('connect', () => {
            connected = true;
            socket.write(connectFrame(token));
          });
          socket.on('data', (chunk: Buffer) => readFrames(socket, reader, chunk, receive));
          socket.on('error', (error) => {
            const kind = connected ? 'dropped' : 'unreachable';
            settle(() => reject(new NucleusFault(kind, messageOf(error), { cause: error })));
            rpc.lost(messageOf(error));
          });
          socket.on('close', () => {
            settle(() => reject(new NucleusFault('dropped', 'the nucleus hung up during the handshake')));
            rpc.lost('closed by the nucleus');
          });
        });
      } catch (thrown) {
        await rpc.close();
        throw thrown;
      }
      rpc.opened();
      return rpc;
    },
  };
}

function connectFrame(token: string): Uint8Array {
  return encodeFrame({
    type: FRAME_TYPE.connect,
    headers: { ':version': PROTOCOL_VERSION },
    payload: JSON.stringify({ authToken: token }),
  });
}

/** A frame that cannot be read ends the connection: where the next one begins is unknown. */
function readFrames(socket: Socket, reader: FrameReader, chunk: Buffer, receive: (frame: Frame) => void): void {
  try {
    for (const frame of reader.push(chunk)) receive(frame);
  } catch (error) {
    socket.destroy(error as Error);
  }
}
