import { appErrors } from '../../errors.ts';
import type { Frame, LoadedImage } from '../../frame/frame.ts';
import type { FrameMask } from '../../masks/frame-mask.ts';
import { maskOf } from '../../masks/mask-of.ts';
import { maskPicture } from '../../masks/mask-picture.ts';
import type { SkipReason } from '../../statistics/skip-reason.ts';
import { everyInterval } from '../every-interval.ts';
import { sourceSubject } from '../subjects.ts';
import type { FrameSink, ImageSource, SourceOptions } from '../image-source.ts';
import { AllowedHosts } from '../allowed-hosts.ts';
import { LoginReader } from '../login/login-reader.ts';
import { SnapshotClient } from './snapshot-client.ts';

export type HttpSourceOptions = Omit<SourceOptions, 'openSlots'>;

/** A camera that gives its current picture at a URL: once, or once per interval. */
export class HttpSource implements ImageSource {
  readonly #options: HttpSourceOptions;
  readonly #client: SnapshotClient;
  readonly #mask: FrameMask | undefined;
  readonly #ended = new AbortController();
  #count = 0;
  #isLost = false;

  constructor(options: HttpSourceOptions) {
    this.#options = options;
    this.#mask = maskOf(options.configuration);
    const { Url: url, AllowedHosts: more, RequestTimeoutSeconds } = options.configuration;
    const reader = new LoginReader(options);
    const readLogin = () => reader.read();
    const hosts = new AllowedHosts(url, more);
    const timeoutMs = RequestTimeoutSeconds * 1000;
    const { maxImageBytes: maxBytes, clock } = options;
    this.#client = new SnapshotClient({ url, readLogin, hosts, timeoutMs, maxBytes, clock });
  }

  /** @throws EdgeError those of `SnapshotClient.take` in mode `once`; the other modes go on trying */
  async run(sink: FrameSink): Promise<void> {
    const { clock, configuration } = this.#options;
    const { signal } = this.#ended;
    if (configuration.Mode === 'once') {
      const image = await this.#take(signal);
      return image && this.#offer(image, sink);
    }
    return everyInterval(clock, configuration.InferenceInterval * 1000, signal, () => this.#takeOne(sink));
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error('the source was stopped'));
  }

  async #takeOne(sink: FrameSink): Promise<void> {
    if (sink.outstanding > 0) return sink.skip('busy');
    const { signal } = this.#ended;
    try {
      const image = await this.#take(signal);
      this.#tellThatItWorks();
      if (image) this.#offer(image, sink);
      else sink.skip('unchanged');
    } catch (thrown) {
      if (signal.aborted) return;
      sink.skip(reasonOf(thrown));
      this.#tell(thrown);
    }
  }

  async #take(signal: AbortSignal): Promise<LoadedImage | undefined> {
    const image = await this.#client.take(signal);
    const { PictureQuality: quality } = this.#options.configuration;
    return image && this.#mask ? maskPicture(image, this.#mask, quality) : image;
  }

  #offer({ bytes, contentType }: LoadedImage, sink: FrameSink): void {
    if (this.#ended.signal.aborted) return;
    const { name, clock } = this.#options;
    const ending = contentType === 'image/jpeg' ? 'jpg' : contentType.replace(/^image\/(x-)?/, '').replace(/\W.*$/, '');
    const frame: Frame = {
      source: name,
      image: `${name}-${String(++this.#count).padStart(8, '0')}.${ending}`,
      takenAt: clock.now(),
      takenAtMonotonic: clock.monotonic(),
      withImage: (use) => use({ bytes, contentType }),
    };
    sink.offer(frame);
  }

  #tell(thrown: unknown): void {
    const { name, incidents } = this.#options;
    this.#isLost = true;
    incidents.opened(sourceSubject(name), 'source.snapshot-lost', { source: name, error: thrown, severity: 'error' });
  }

  #tellThatItWorks(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#options.incidents.resolved(sourceSubject(this.#options.name), 'source.snapshots-again');
  }
}

function reasonOf(thrown: unknown): SkipReason {
  if (appErrors.is(thrown, 'source.file-too-large')) return 'budget';
  return appErrors.is(thrown, 'source.not-masked') ? 'decode' : 'unreachable';
}
