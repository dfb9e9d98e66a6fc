import { resolve } from 'node:path';
import { messageOf } from '#packages/foundation';
import type { Clock, Incidents, Logger } from '#packages/foundation';
import type { Prediction } from '#packages/model-package';
import type { AppConfiguration, SourceConfiguration } from '../config.ts';
import { appErrors } from '../errors.ts';
import { clipsSubject } from '../sources/subjects.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { BoundedFolder } from '../storage/bounded-folder.ts';
import { ClipRecorder } from './clip-recorder.ts';
import type { Clip } from './clip-recorder.ts';

export interface ClipKeeperOptions {
  readonly workFolder: string;
  readonly settings: () => Pick<AppConfiguration, 'ClipStore' | 'Sources'>;
  readonly statistics: Statistics;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly log: Logger;
}

const MEGABYTE = 1_000_000;

/** Keeps clips of cameras, on request and by the rules of their settings, within the limits of the folder. */
export class ClipKeeper {
  readonly #options: ClipKeeperOptions;
  readonly #recorders = new Map<string, ClipRecorder>();
  readonly #saving = new Set<Promise<void>>();
  #store: { readonly folder: string; readonly files: BoundedFolder } | undefined;

  constructor(options: ClipKeeperOptions) {
    this.#options = options;
  }

  /** Takes the packets of a source; undefined if its clips are not to be kept. */
  open(source: string, { Clips: settings }: SourceConfiguration): ClipRecorder | undefined {
    if (!settings.Enabled) return undefined;
    const { clock, incidents } = this.#options;
    const recorder = new ClipRecorder({
      settings,
      clock,
      onClip: (clip) => this.#save(source, clip),
      onBegun: () => incidents.resolved(clipsSubject(source), 'clips.whole-again'),
      onBroken: (reason) => {
        const message = `no clips of source ${source} are kept until it is opened again: its packets cannot be cut, since ${reason}`;
        const todo = 'Raise Clips.MemoryMB of the source if it speaks of a box that is too large.';
        incidents.opened(clipsSubject(source), 'clips.broken', { source, message, todo, severity: 'error' });
      },
    });
    this.#recorders.set(source, recorder);
    this.#options.statistics.source(source).clips = { bytes: () => recorder.bytes, kept: 0, lost: 0 };
    return recorder;
  }

  /** The source has ended: a clip that continues is kept as it is. */
  forget(source: string): void {
    this.#recorders.get(source)?.close();
    this.#recorders.delete(source);
  }

  /** @throws EdgeError `clips.off` */
  request(source: string): void {
    const recorder = this.#recorders.get(source);
    if (recorder) return recorder.keep('request');
    const message = `no clips of source ${source} are kept; clips are kept of: ${[...this.#recorders.keys()].join(', ') || 'none'}`;
    throw appErrors.error('clips.off', message, { facts: { source } });
  }

  /** A model has answered. */
  answered(source: string, predictions: readonly Prediction[]): void {
    const recorder = this.#recorders.get(source);
    const settings = this.#options.settings().Sources[source]?.Clips;
    if (!recorder || !settings || settings.Detections.length === 0) return;
    const { Detections: labels, MinScore: minScore } = settings;
    const isWanted = ({ label, score }: Prediction): boolean =>
      score >= minScore && (labels.includes('*') || labels.includes(label));
    if (predictions.some(isWanted)) recorder.keep('detection');
  }

  /** Resolves when all that was handed over is written. */
  async idle(): Promise<void> {
    await Promise.all(this.#saving);
  }

  #save(source: string, clip: Clip): void {
    const { statistics, incidents, log } = this.#options;
    const { clips } = statistics.source(source);
    const at = new Date(clip.from).toISOString().replace(/[:.]/g, '-');
    const saving = this.#files()
      .save(`${source}--${at}--${clip.reason}.mp4`, clip.bytes)
      .then(
        (path) => {
          if (clips) clips.kept++;
          incidents.resolved('clips', 'clips.kept-again');
          const seconds = Math.round(clip.seconds * 10) / 10;
          log.info({ source, reason: clip.reason, path, seconds, bytes: clip.bytes.length }, 'clip.kept');
        },
        (thrown: unknown) => {
          if (clips) clips.lost++;
          const message = `a clip of source ${source} is lost: ${messageOf(thrown)}`;
          incidents.opened('clips', 'clips.not-kept', { source, error: thrown, message, severity: 'error' });
        },
      )
      .finally(() => this.#saving.delete(saving));
    this.#saving.add(saving);
  }

  #files(): BoundedFolder {
    const store = () => this.#options.settings().ClipStore;
    const folder = resolve(this.#options.workFolder, store().Folder);
    if (this.#store?.folder !== folder) {
      const limits = () => {
        const { MaxMB, MaxClips: maxFiles, MinFreeDiskMB } = store();
        return { maxBytes: MaxMB * MEGABYTE, maxFiles, minFreeBytes: MinFreeDiskMB * MEGABYTE };
      };
      this.#store = { folder, files: new BoundedFolder(folder, limits, full) };
    }
    return this.#store.files;
  }
}

function full(message: string): Error {
  return appErrors.error('clips.disk-full', message);
}
