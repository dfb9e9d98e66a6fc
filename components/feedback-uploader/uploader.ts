import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger, levelSwitch, readEnvironment, systemClock } from '#packages/foundation';
import { connectIpc, untilAnswered } from '#packages/ipc';
import { s3ObjectStore, tokenExchangeCredentials } from '#packages/object-store';
import { startUploader } from './assembly/start-uploader.ts';
import type { RunningUploader } from './assembly/start-uploader.ts';
import { COMPONENT } from './config.ts';
import { BufferRelief } from './memory/buffer-relief.ts';
import { RedactorProcess } from './redaction/process/redactor-process.ts';

/** The nucleus kills what is still there 5 s after SIGTERM. */
const CLOSE_MS = 2_000;
const LAST_RESORT_MS = 4_500;
/** Frames on the Java nucleus; nucleus lite carries 10,000 bytes, and its manifest says so. */
const MAX_FRAME_BYTES = 262_144;

/**
 * Entry point of the bundle `uploader.js`: the component `edgeml.FeedbackUploader`. Started by hand, without a nucleus, it
 * takes its configuration from the JSON file that `--configuration` names, else its defaults.
 */
async function main(): Promise<void> {
  const environment = readEnvironment();
  const { log, setLevel } = levelSwitch(createLogger({ name: COMPONENT, level: 'debug' }));
  const running: { uploader?: RunningUploader; ending?: true } = {};
  const relief = new BufferRelief();
  const onDropped = (bytes: number): void => relief.dropped(bytes);
  const redactor = new RedactorProcess({
    program: path.join(import.meta.dirname, 'redactor.js'),
    clock: systemClock,
    log,
    onDropped,
  });
  const end = (exitCode: number, error?: unknown): void => {
    if (running.ending) return;
    running.ending = true;
    if (error === undefined) log.info({}, 'feedback.stopping');
    else log.error({ error }, 'feedback.failed');
    setTimeout(() => process.exit(exitCode), LAST_RESORT_MS).unref();
    void (running.uploader?.close(CLOSE_MS) ?? Promise.resolve())
      .then(() => redactor.close())
      .then(() => ipc.close())
      .catch((thrown: unknown) => log.warn({ error: thrown }, 'feedback.close-failed'))
      .finally(() => process.exit(exitCode));
  };
  process.on('SIGTERM', () => end(0)).on('SIGINT', () => end(0));
  process.on('uncaughtException', (error) => end(1, error));
  process.on('unhandledRejection', (error) => end(1, error));

  const ipc = connectIpc({
    component: COMPONENT,
    environment,
    log,
    ...(environment.maxMessageBytes === undefined ? { maxFrameBytes: MAX_FRAME_BYTES } : {}),
    onGiveUp: (error) => end(1, error),
  });
  const hasNucleus = environment.ipcToken !== undefined && environment.ipcSocket !== undefined;
  if (!hasNucleus) log.warn({ reason: 'no nucleus started this process (SVCUID is not set)' }, 'ipc.off');
  const credentials = tokenExchangeCredentials({
    uri: environment.credentialsUri,
    token: environment.credentialsToken,
    clock: systemClock,
  });
  try {
    await untilAnswered(() => ipc.ready(), log);
    running.uploader = await startUploader({
      workFolder: process.cwd(),
      configuration: await (hasNucleus ? untilAnswered(() => ipc.getConfiguration([]), log) : fileConfiguration()),
      ipc,
      thing: environment.thingName,
      regionOfDevice: environment.region,
      maxMessageBytes: environment.maxMessageBytes,
      redact: redactor.redact,
      hash: redactor.hash,
      onDropped,
      openStore: (place) => s3ObjectStore({ ...place, credentials }),
      clock: systemClock,
      random: Math.random,
      log,
      setLogLevel: setLevel,
    });
  } catch (error) {
    end(1, error);
  }
}

async function fileConfiguration(): Promise<unknown> {
  const { values } = parseArgs({ options: { configuration: { type: 'string' } } });
  return values.configuration === undefined ? {} : JSON.parse(await readFile(values.configuration, 'utf8'));
}

void main();
