import { join, resolve } from 'node:path';
import * as z from 'zod';
import {
  CurrentConfiguration,
  EditableConfiguration,
  Incidents,
  messageOf,
  repeat,
  Serial,
  sleep,
  Waker,
  watchDescriptors,
} from '#packages/foundation';
import type { Clock, Logger, LogLevel } from '#packages/foundation';
import { configurationRoutes } from '#packages/http';
import type { AgentClient, FeedbackClient, SocketServer } from '#packages/http';
import { incidentNews, localTopics, readIncidentMessage, untilAnswered } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { Annotator } from './annotation/annotator.ts';
import { ClipKeeper } from './clips/clip-keeper.ts';
import { isStreamType } from './settings/source-settings.ts';
import { appConfiguration } from './config.ts';
import { ConfigIdCheck } from './feedback/config-id-check.ts';
import { FeedbackSender } from './feedback/feedback-sender.ts';
import { SlotProvider } from './frame/slot-provider.ts';
import { ActiveServices } from './inference/active-services.ts';
import { AwaitedServices } from './inference/awaited-services.ts';
import { FileNaming } from './inference/file-naming.ts';
import { KnownServices } from './inference/known-services.ts';
import { InferenceRetrier } from './inference/inference-retrier.ts';
import { FrameProcessor } from './inference/frame-processor.ts';
import { AppMetrics } from './metrics/app-metrics.ts';
import { startWatchServer } from './metrics/watch-server.ts';
import { acceleratorCheck } from './predecessor/accelerator-check.ts';
import { BoundsCheck } from './predecessor/bounds-check.ts';
import { COMPONENT, readConfiguration } from './read-configuration.ts';
import type { AppSettings } from './read-configuration.ts';
import { Publisher } from './results/publisher.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { createSource } from './sources/create-source.ts';
import { FolderJournals } from './sources/folder/journal/folder-journals.ts';
import { subjectsOf } from './sources/subjects.ts';
import { SourceSet } from './sources/source-set.ts';
import { Statistics } from './statistics/statistics.ts';
import type { Counts } from './statistics/statistics.ts';
import { LiveView } from './watch/live-view.ts';

/** Services that have been seen, in the work folder. */
const SERVICES_FILE = 'services.json';

/** An event of the agent: a model has left for good. */
const retiredEvent = z.object({ event: z.literal('model.retired'), model: z.object({ alias: z.string() }) });

/** For the notes of a source about images whose results have left. */
const TELL_MS = 500;
const DESCRIPTORS_CHECK_MS = 30_000;
/** For a reader of metrics at the end. */
const WATCH_CLOSE_MS = 200;

export interface InferenceAppOptions {
  readonly ipc: IpcSession;
  readonly agent: AgentClient;
  /** The feedback uploader; undefined if the environment does not name its socket. */
  readonly feedback?: FeedbackClient | undefined;
  /** Name of the thing, for topics and results. */
  readonly thing: string;
  /** Relative paths of the configuration start here. */
  readonly workFolder: string;
  /** Folder of the sample images for components that it stands in for, absolute. */
  readonly sampleImages: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly setLogLevel: (level: LogLevel) => void;
}

/** The application: sources → scheduler → agent → results, all of it following the configuration as it changes. */
export class InferenceApp {
  readonly #options: InferenceAppOptions;
  readonly #log: Logger;
  readonly #statistics = new Statistics();
  readonly #metrics = new AppMetrics(this.#statistics);
  readonly #incidents: Incidents;
  readonly #publisher: Publisher;
  readonly #live: LiveView;
  readonly #sources: SourceSet;
  readonly #journals: FolderJournals;
  readonly #feedback: FeedbackSender;
  readonly #clips: ClipKeeper;
  readonly #configIdCheck: ConfigIdCheck;
  readonly #waker: Waker;
  readonly #known: KnownServices;
  readonly #active: ActiveServices;
  readonly #changes = new Serial();
  readonly #configuration: CurrentConfiguration<AppSettings>;
  #watchServer: SocketServer | undefined;
  #stopWatching: () => void = () => undefined;
  #stopping: Promise<void> | undefined;
  #finish: (exitCode: number) => void = () => undefined;
  /** Resolves with the exit code when every source has mode `once` and is done; with 0 after `stop`. */
  readonly finished = new Promise<number>((done) => (this.#finish = done));

  /**
   * Reads the configuration and starts.
   *
   * @throws EdgeError `config.invalid`; `ipc.*` when the nucleus does not answer
   */
  static async start(options: InferenceAppOptions): Promise<InferenceApp> {
    const { ipc, clock, log, workFolder } = options;
    const known = await KnownServices.open({ file: join(workFolder, SERVICES_FILE), clock, log });
    const raw = await untilAnswered(() => ipc.getConfiguration(), log);
    const app = new InferenceApp(options, raw, known);
    await app.#listen();
    await app.#serveMetrics();
    app.#stopWatching = repeat(clock, DESCRIPTORS_CHECK_MS, async () => watchDescriptors(app.#incidents));
    await app.#apply();
    return app;
  }

  private constructor(options: InferenceAppOptions, raw: unknown, known: KnownServices) {
    const { ipc, agent, clock, random, thing, workFolder, sampleImages, log } = options;
    this.#options = options;
    this.#log = log;
    this.#known = known;
    const incidents = (this.#incidents = new Incidents(log, {
      clock,
      onChange: incidentNews({ ipc, clock, log, thing, component: COMPONENT }),
    }));
    const { platform, arch } = process;
    const surroundings = { platform, arch, sampleImages };
    const configuration = (this.#configuration = new CurrentConfiguration<AppSettings>(
      raw,
      (given, onUnknown) => readConfiguration(given, surroundings, onUnknown),
      incidents,
    ));
    const settings = (): AppSettings => configuration.value;
    const statistics = this.#statistics;
    const publisher = (this.#publisher = new Publisher({ ipc, settings, statistics, incidents, clock, log }));
    const waker = (this.#waker = new Waker());
    const awaited = new AwaitedServices({ clock, incidents, log });
    const active = (this.#active = new ActiveServices({ agent, known, clock, random, incidents, awaited, waker }));
    const timeoutMs = (): number => settings().TimeoutSeconds * 1000;
    const { feedback: client } = options;
    const configIdOf = (service: string): string => settings().Services[service]?.MLFeedbackConnectorConfigId ?? '';
    const feedback = (this.#feedback = new FeedbackSender({ client, configIdOf, clock, statistics, incidents }));
    this.#configIdCheck = new ConfigIdCheck({ client, clock, random, incidents, log });
    const retrier = new InferenceRetrier({
      agent,
      clock,
      random,
      incidents,
      awaited,
      waker,
      timeoutMs,
      naming: new FileNaming({ clock, log }),
      wantsImages: (service) => configIdOf(service) !== '',
      onAnswer: (frame, image, result) => feedback.offer(frame, image, result),
    });
    const isStream = (source: string): boolean => isStreamType(settings().Sources[source]?.Type);
    const annotator = new Annotator(workFolder, () => settings().Annotate, isStream);
    const clips = (this.#clips = new ClipKeeper({ workFolder, settings, statistics, incidents, clock, log }));
    const live = (this.#live = new LiveView({
      thing,
      sources: () => this.#sources.all,
      statistics,
      client,
      configIdOf,
      clock,
      random,
      incidents,
    }));
    const checkAccelerator = acceleratorCheck((source) => settings().standIns[source]?.accelerator, incidents);
    const bounds = new BoundsCheck({
      agent,
      wanted: (source) => (settings().standIns[source] ? settings().GreengrassV2 : undefined),
      incidents,
      log,
    });
    const processor = new FrameProcessor({
      retrier,
      active,
      publisher,
      annotator,
      live,
      statistics,
      incidents,
      onAnswer: (source, predictions) => clips.answered(source, predictions),
      onResult: (source, result) => {
        checkAccelerator(source, result);
        bounds.answered(source, result);
      },
      onPublished: (source, ms) => {
        statistics.source(source).answered(ms, clock.monotonic());
        this.#metrics.published(source, ms);
      },
      thing,
      clock,
      log,
    });
    const scheduler = new Scheduler({
      work: (frame, service, intake) => processor.look(frame, service, intake),
      concurrency: () => settings().Concurrency,
      statistics,
      clock,
      log,
    });
    const maxImageBytes = (): number => settings().MaxImageMB * 1_000_000;
    const slots = new SlotProvider({ agent, incidents, clock });
    const openSlots: SlotProvider['open'] = (...words) => slots.open(...words);
    const readSecret = (secretId: string): Promise<string> => ipc.getSecret(secretId);
    const journals = (this.#journals = new FolderJournals({ folder: join(workFolder, 'journal'), clock, incidents }));
    const isOtherFolder = (folder: string): boolean =>
      Object.values(settings().Sources).some(
        ({ Enabled, Type, Path }) => Enabled && Type === 'folder' && resolve(workFolder, Path) === folder,
      );
    const sourceOptions = {
      workFolder,
      isOtherFolder,
      maxImageBytes,
      openSlots,
      readSecret,
      clock,
      random,
      statistics,
      incidents,
      log,
    };
    this.#sources = new SourceSet({
      create: (name, source) =>
        createSource({ name, configuration: source, clips: clips.open(name, source), ...sourceOptions }, journals),
      openIntake: (intake) => scheduler.open(intake),
      modelWaitSeconds: () => settings().ModelWaitSeconds,
      onStopped: (name) => {
        clips.forget(name);
        statistics.forget(name);
        this.#metrics.forget(name);
        for (const subject of subjectsOf(name)) incidents.forget(subject);
        live.forget(name);
      },
      incidents,
      log,
    });
    this.#sources.onAllEnded(() => void this.#end());
  }

  get counts(): Counts {
    return this.#statistics.counts;
  }

  /** Ends within two seconds: stops the sources, drops what waits, publishes what is answered. Idempotent. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop(1_500).then(() => this.#finish(0)));
  }

  async #listen(): Promise<void> {
    const { ipc } = this.#options;
    await untilAnswered(() => ipc.onConfiguration((raw) => this.#reconfigure(raw)), this.#log);
    await untilAnswered(() => ipc.validateConfiguration((raw) => this.#configuration.refusalOf(raw)), this.#log);
    try {
      await ipc.subscribeLocal(localTopics.events, ({ message }) => {
        if (readIncidentMessage(message)) return;
        const retired = retiredEvent.safeParse(message);
        if (retired.success) this.#known.retired(retired.data.model.alias);
        this.#active.forget();
        this.#waker.wake();
      });
    } catch (thrown) {
      // Without events, a new model is found by asking now and then.
      this.#log.warn({ error: thrown }, 'app.no-events');
    }
  }

  async #serveMetrics(): Promise<void> {
    const { workFolder, log } = this.#options;
    const metrics = (): Promise<string> => this.#metrics.text();
    const { SocketFolder: folder } = this.#configuration.value;
    const editable = new EditableConfiguration({
      component: COMPONENT,
      schema: appConfiguration,
      ipc: this.#options.ipc,
      check: (raw) => this.#configuration.check(raw),
    });
    const [incidents, clips] = [this.#incidents, this.#clips];
    const live = [...this.#live.routes, ...configurationRoutes(editable)];
    this.#watchServer = await startWatchServer({ workFolder, folder, incidents, metrics, clips, live, log });
  }

  #reconfigure(raw: unknown): void {
    try {
      this.#configuration.replace(raw);
    } catch (thrown) {
      const message = `the configuration is not taken, the one before holds: ${messageOf(thrown)}`;
      this.#incidents.opened('configuration', 'app.configuration-rejected', {
        error: thrown,
        message,
        severity: 'error',
      });
      return;
    }
    this.#incidents.forget('configuration');
    this.#log.info({}, 'app.configuration-applied');
    this.#changes
      .run(() => this.#apply())
      .catch((thrown: unknown) => this.#log.error({ error: thrown }, 'app.configuration-failed'));
  }

  async #apply(): Promise<void> {
    if (this.#stopping) return;
    const { clock, setLogLevel } = this.#options;
    const { LogLevel, StatisticsIntervalSeconds, Sources, standIns } = this.#configuration.value;
    setLogLevel(LogLevel);
    this.#statistics.logPeriodically(clock, this.#log, StatisticsIntervalSeconds);
    this.#checkFeedback();
    if (Object.keys(standIns).length === 0) this.#active.forgetChoices();
    // The old components looked at their image again after every change of their configuration.
    await this.#sources.apply(Sources, new Set(Object.keys(standIns)));
  }

  #checkFeedback(): void {
    const named = Object.entries(this.#configuration.value.Services)
      .map(([service, { MLFeedbackConnectorConfigId: configId }]) => [service, configId] as const)
      .filter(([, configId]) => configId !== '');
    this.#configIdCheck.start(new Map(named));
  }

  /** All sources were of mode `once` and are done, or could not be read. */
  async #end(): Promise<void> {
    const { answered, skipped } = this.counts;
    const exitCode = this.#sources.hasFailed || (answered === 0 && (skipped.model ?? 0) > 0) ? 1 : 0;
    await (this.#stopping ??= this.#stop(10_000));
    this.#finish(exitCode);
  }

  async #stop(drainMs: number): Promise<void> {
    await this.#changes.idle();
    await this.#sources.close();
    this.#configIdCheck.stop();
    this.#stopWatching();
    this.#live.close();
    const served = this.#watchServer?.close(WATCH_CLOSE_MS);
    const idle = [this.#known.saved(), this.#clips.idle()];
    await Promise.all([this.#publisher.drain(drainMs), this.#feedback.close(drainMs), ...idle, served]);
    await this.#within(TELL_MS, this.#sources.told());
    await this.#journals.flush();
    this.#statistics.stop();
    this.#statistics.log(this.#log);
  }

  async #within(ms: number, work: Promise<void>): Promise<void> {
    const enough = new AbortController();
    await Promise.race([work, sleep(this.#options.clock, ms, enough.signal).catch(() => undefined)]);
    enough.abort();
  }
}
