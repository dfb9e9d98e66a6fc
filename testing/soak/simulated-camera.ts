import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

interface Viewer {
  readonly socket: Socket;
  sender: ChildProcess;
}

/** A camera on the network: sends a looping H.264 video in real time to whoever connects, and misbehaves as cameras do. */
export class SimulatedCamera {
  readonly #server: Server;
  readonly #viewers = new Set<Viewer>();
  readonly #videos: readonly string[];
  #shown = 0;

  /** @param videos MPEG-TS files, of which the first is shown */
  static async start(videos: readonly string[]): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera(videos);
    await new Promise<void>((resolve) => camera.#server.listen(0, '127.0.0.1', resolve));
    return camera;
  }

  private constructor(videos: readonly string[]) {
    this.#videos = videos;
    this.#server = createServer((socket) => {
      const viewer = { socket, sender: this.#send(socket) };
      this.#viewers.add(viewer);
      socket
        .on('error', () => undefined)
        .once('close', () => {
          viewer.sender.kill('SIGKILL');
          this.#viewers.delete(viewer);
        });
    });
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Shows the next video, of another size, in the middle of the stream. */
  changeSize(): void {
    this.#shown = (this.#shown + 1) % this.#videos.length;
    for (const viewer of this.#viewers) {
      viewer.sender.kill('SIGKILL');
      viewer.sender = this.#send(viewer.socket);
    }
  }

  /** Sends nothing more to those who watch now; they stay connected. */
  stall(): void {
    for (const { sender } of this.#viewers) sender.kill('SIGSTOP');
  }

  /** Hangs up. */
  drop(): void {
    for (const { socket } of this.#viewers) socket.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #send(socket: Socket): ChildProcess {
    const words = ['-loglevel', 'error', '-nostdin', '-re', '-stream_loop', '-1', '-i', this.#videos[this.#shown]!];
    const sender = spawn('ffmpeg', [...words, '-c', 'copy', '-f', 'mpegts', 'pipe:1'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    sender.stdout.pipe(socket, { end: false });
    return sender;
  }
}
