import { join } from 'node:path';
import {
  EditableConfiguration,
  Incidents,
  messageOf,
  refusalOfUnknown,
  repeat,
  Serial,
  silentLogger,
  UNKNOWN_KEY,
  watchDescriptors,
  watchFreeDisk,
} from '#packages/foundation';
import type { Clock, Logger, LogLevel, UnknownSettings } from '#packages/foundation';
import {
  CONSOLE_SOCKET,
  MAX_FEEDBACK_HEADER_BYTES,
  letGroupEnter,
  openSocketFolder,
  socketPathOf,
  startSocketServer,
} from '#packages/http';
import type { ComponentStatus, FeedbackHealth } from '#packages/http';
import { backgroundSubscriber, incidentNews } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import type { ObjectStore } from '#packages/object-store';
import { COMPONENT, readUploaderConfiguration, uploaderConfiguration } from '../config.ts';
import type { UploaderConfiguration } from '../config.ts';
import { consoleRouter, feedbackRouter } from '../http/feedback-router.ts';
import type { FeedbackRoutePorts } from '../http/feedback-routes.ts';
import { InputReader } from '../http/read-input.ts';
import { FeedbackIntake } from '../intake/feedback-intake.ts';
import { Announcer, announcerSettings } from '../messages/announcer.ts';
import { Publisher } from '../messages/publisher.ts';
import { UploaderMetrics } from '../metrics/uploader-metrics.ts';
import type { HashPicture } from '../duplicates/picture-hash.ts';
import type { Redact } from '../redaction/redactor.ts';
import type { Spool } from '../spool/spool.ts';
import type { UploaderPorts, UploadReporter } from '../upload/upload-ports.ts';
import { Uploader } from '../upload/uploader.ts';
import { evictionLog } from './eviction-log.ts';
import { openSpool } from './open-spool.ts';
import { spoolLimits, uploadSettings } from './settings-of.ts';
import { storeSwitch } from './store-switch.ts';
import type { StorePlace } from './store-switch.ts';

export interface UploaderOptions {
  /** Socket and spool lie here. */
  readonly workFolder: string;
  /** As the nucleus gave it. */
  readonly configuration: unknown;
  readonly ipc: IpcSession;
  readonly thing: string;
  readonly regionOfDevice?: string | undefined;
  /** The largest message that the nucleus carries. Default: the configuration's. */
  readonly maxMessageBytes?: number | undefined;
  readonly redact: Redact;
  readonly hash: HashPicture;
  /** Told of every body that is not needed in memory any more. */
  readonly onDropped?: (bytes: number) => void;
  readonly openStore: (place: StorePlace) => ObjectStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly setLogLevel: (level: LogLevel) => void;
}

export interface RunningUploader {
  readonly socketPath: string;
  /** Resolves when samples are taken. */
  readonly ready: Promise<void>;
  /** Answers what runs, lets uploads end or stops them, closes the spool, removes the socket; within about `timeoutMs`. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

type RunState = Exclude<ComponentStatus, 'degraded'>;

/** How often free room on the disk is looked at. */
const DISK_CHECK_MS = 30_000;

/** A name that the recipe of the application knows, so not a setting. */
const SOCKET = 'feedback.sock';

/** The parts that exist once the spool is open. */
interface Opened {
  readonly spool: Spool;
  readonly intake: FeedbackIntake;
  readonly uploader: Uploader;
}

/** Puts the component together. The socket comes first: a second process finds it taken and leaves the spool alone. @throws EdgeError `config.invalid`, `socket.*` */
export async function startUploader(options: UploaderOptions): Promise<RunningUploader> {
  const { ipc, clock, random, log, thing } = options;
  const incidents = new Incidents(log, {
    clock,
    onChange: incidentNews({ ipc, clock, log, thing, component: COMPONENT }),
  });
  let unknown: UnknownSettings = new Map();
  const read = (raw: unknown): UploaderConfiguration =>
    readUploaderConfiguration(raw, (found) => {
      unknown = found;
      incidents.replace(UNKNOWN_KEY, found);
    });
  let configuration = read(options.configuration);
  let opened: Opened | undefined;
  let status: RunState = 'starting';
  options.setLogLevel(configuration.LogLevel);

  const { onDropped = () => undefined } = options;
  const reader = new InputReader(onDropped);
  const publisher = new Publisher({ session: ipc, clock, incidents });
  const announcer = new Announcer(publisher, announcerSettings(configuration, thing, options.maxMessageBytes));
  const store = storeSwitch(configuration, options.regionOfDevice, options.openStore);
  const metrics = new UploaderMetrics({
    spool: () => opened?.spool.totals(),
    uplink: () => opened && { hour: opened.spool.uplink.hour.sum(), day: opened.spool.uplink.day.sum() },
    requestsRunning: () => opened?.intake.running ?? 0,
    bufferedBytes: () => reader.bytes,
    messagesLost: () => publisher.lost,
  });
  const reporter: UploadReporter = {
    begun: (sample, bytes) => announcer.begun(sample, bytes),
    uploaded: (...facts) => announcer.uploaded(...facts),
    refused: (sample, failure) => announcer.refused(sample, failure),
    attempted: (outcome, _bytes, ms) => metrics.attempted(outcome, ms),
  };

  const socketPath = socketPathOf(options.workFolder, SOCKET);
  const routerPorts: FeedbackRoutePorts = {
    intake: () => (status === 'ok' ? opened?.intake : undefined),
    spool: () => (status === 'ok' ? opened?.spool : undefined),
    configurations: () => Object.keys(configuration.FeedbackConfigurationMap),
    reader,
    health: () => healthOf(status, configuration, opened),
    incidents: () => incidents.current,
    configuration: new EditableConfiguration({ component: COMPONENT, schema: uploaderConfiguration, ipc }),
    metrics: () => metrics.text(),
    log,
  };
  const { SocketFolder, WorkFolderMode } = configuration;
  if (SocketFolder !== '') await openSocketFolder(SocketFolder);
  if (WorkFolderMode === '710') await letGroupEnter(options.workFolder);
  const server = await startSocketServer(socketPath, feedbackRouter(routerPorts), {
    maxHeaderSize: MAX_FEEDBACK_HEADER_BYTES,
    alsoAt: SocketFolder === '' ? undefined : socketPathOf(SocketFolder, SOCKET),
  });
  const consolePath = socketPathOf(options.workFolder, CONSOLE_SOCKET);
  const consoleServer = await startSocketServer(consolePath, consoleRouter(routerPorts), { mode: 0o600 });
  log.info({ socket: socketPath }, 'feedback.listening');

  const closing = new AbortController();
  const ready = (async (): Promise<void> => {
    const folder = join(options.workFolder, 'spool');
    const spool = await openSpool(folder, () => spoolLimits(configuration), clock, log, closing.signal);
    const logEviction = evictionLog(clock, log);
    spool.onEvent((event) => {
      if (event.type !== 'evicted') return;
      logEviction(event.reason);
      announcer.evicted(event.entry, event.reason);
    });
    const observe = (config: string, outcome: string): void => metrics.request(config, outcome);
    const intake = new FeedbackIntake(
      { spool, announcer, clock, random, redact: options.redact, hash: options.hash, observe },
      configuration,
    );
    const onTrouble: UploaderPorts['onTrouble'] = (subject, facts) => {
      if (!facts) return incidents.forget(subject);
      const message = `samples wait in the spool, ${subject} takes none: ${messageOf(facts.error)}`;
      incidents.opened(subject, 'upload.failed', { ...facts, message, severity: 'error' }, silentLogger);
    };
    const ports = { spool, store, reporter, clock, random, log, onDropped, onTrouble };
    const uploader = new Uploader(ports, uploadSettings(configuration, thing));
    opened = { spool, intake, uploader };
    await uploader.start();
    if (status === 'starting') status = 'ok';
    log.info({ configurations: Object.keys(configuration.FeedbackConfigurationMap) }, 'feedback.ready');
  })();
  ready.catch((error: unknown) => log.debug({ error }, 'feedback.not-ready'));

  const watchDisk = (): Promise<void> => watchFreeDisk(options.workFolder, incidents);
  void watchDisk();
  const stopWatching = repeat(clock, DISK_CHECK_MS, async () => {
    watchDescriptors(incidents);
    await watchDisk();
  });

  const changes = new Serial();
  const apply = async (raw: unknown): Promise<void> => {
    let next: UploaderConfiguration;
    try {
      next = read(raw);
    } catch (error) {
      return incidents.opened('configuration', 'configuration.rejected', { error, severity: 'error' });
    }
    incidents.forget('configuration');
    const atStart = { SocketFolder, WorkFolderMode };
    const restartNeeded = Object.entries(atStart).flatMap(([name, now]) =>
      next[name as keyof typeof atStart] === now ? [] : [name],
    );
    configuration = next;
    options.setLogLevel(next.LogLevel);
    announcer.setSettings(announcerSettings(next, thing, options.maxMessageBytes));
    store.setConfiguration(next);
    opened?.intake.setConfiguration(next);
    await opened?.spool.setLimits(spoolLimits(next));
    await opened?.uploader.setSettings(uploadSettings(next, thing));
    log.info({ restartNeeded }, 'configuration.applied');
  };
  const subscribe = backgroundSubscriber(log);
  subscribe(
    'configuration',
    ipc.onConfiguration((raw) => {
      changes.run(() => apply(raw)).catch((error: unknown) => log.error({ error }, 'configuration.not-applied'));
    }),
  );
  subscribe(
    'configuration validation',
    ipc.validateConfiguration((raw) => whyNot(raw, unknown)),
  );
  subscribe('state', ipc.updateState('RUNNING'));

  let closed: Promise<void> | undefined;
  return {
    socketPath,
    ready,
    close: (timeoutMs) =>
      (closed ??= (async () => {
        status = 'stopping';
        stopWatching();
        closing.abort(new Error('the component stops'));
        await ready.catch(() => undefined);
        await Promise.all([
          server.close(timeoutMs),
          consoleServer.close(timeoutMs),
          opened?.uploader.stop(),
          changes.idle(),
        ]);
        await opened?.spool.close();
        store.close();
      })()),
  };
}

/** Why a configuration would not be taken; undefined if it would. */
function whyNot(raw: unknown, before: UnknownSettings): string | undefined {
  try {
    let unknown: UnknownSettings = new Map();
    readUploaderConfiguration(raw, (found) => (unknown = found));
    return refusalOfUnknown(before, unknown);
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function healthOf(
  status: RunState,
  configuration: UploaderConfiguration,
  opened: Opened | undefined,
): Omit<FeedbackHealth, 'status' | 'incidents'> & { readonly status: RunState } {
  const configurations = Object.keys(configuration.FeedbackConfigurationMap);
  if (!opened) return { status, configurations };
  const { samples, bytes } = opened.spool.totals();
  return { status, configurations, spool: { samples, bytes } };
}
