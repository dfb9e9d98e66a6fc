import { isDeepStrictEqual } from 'node:util';
import { childEnvironment } from '#packages/foundation';
import { appErrors } from '../../errors.ts';
import { AllowedHosts, hostOf } from '../allowed-hosts.ts';
import type { SourceOptions } from '../image-source.ts';
import { LoginReader } from '../login/login-reader.ts';
import { secretsOfLogin, withLogin } from '../login/login.ts';
import { secretsOf, shownUrl } from '../shown-url.ts';
import { clipsSubject, decodingSubject, frameSizeSubject } from '../subjects.ts';
import { askFfmpeg } from './ask-ffmpeg.ts';
import { decoderFlags, SOFTWARE } from './decoding/decoder.ts';
import { DecodingPlan } from './decoding/decoding-plan.ts';
import type { Decoding } from './decoding/decoding-plan.ts';
import { ffmpegArguments } from './ffmpeg-arguments.ts';
import type { FfmpegSettings, FrameForm } from './ffmpeg-arguments.ts';
import { ffmpegInput } from './ffmpeg-input.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';
import { HostGate } from './hosts/host-gate.ts';
import { askFfmpegVersion, ffmpegMissing } from './ffmpeg-version.ts';
import type { FfmpegVersion } from './ffmpeg-version.ts';
import { JpegFrames } from './jpeg-frames.ts';
import { playCommand } from './play-command.ts';
import type { FrameOutput, PlayEnd } from './play-command.ts';
import { rawFramesOf } from './raw-frames-of.ts';
import type { FramePace, PlayTarget, StreamPlayer } from './stream-player.ts';

/** In mode `once` ffmpeg waits while more pictures of a camera that sends JPEG than this are not answered. */
const MAX_OUTSTANDING = 8;

/** ffmpeg reads up to 5 s of a stream (`-analyzeduration`) before it gives a frame: a shorter wait would open the camera again forever. */
const OPENING_MS = 10_000;

/** A playlist can name new hosts forever; so many are said. */
const MAX_REFUSED = 16;

/** Codecs of ISO/IEC 14496-12 files that players know. */
const CLIP_CODECS: readonly string[] = ['h264', 'hevc', 'av1', 'vp9', 'mpeg4', 'mjpeg'];

/** Plays cameras, streams and video files by ffmpeg. */
export class FfmpegPlayer implements StreamPlayer {
  readonly program = 'ffmpeg';
  readonly keepsShare = true;
  readonly #options: SourceOptions;
  readonly #login: LoginReader;
  readonly #hosts: AllowedHosts;
  /** Said already. */
  readonly #refusedHosts = new Set<string>();
  /** Without the login that is read each time. */
  readonly #input: FfmpegInput;
  #version: FfmpegVersion | undefined;
  /** Whether the camera sends JPEG, which is passed on as it is. */
  #form: FrameForm = 'raw';
  /** Undefined until the codec is known, or if no hardware is wanted. */
  #plan: DecodingPlan | undefined;
  /** Whether frames came that the plan's decoder has decoded. */
  #decodes = false;
  #said: Decoding | undefined;
  /** Whether packets of this camera can be kept; undefined until its codec is known. */
  #hasPackets: boolean | undefined;
  /** Frames that are wider do not fit the shared memory; 0: all do. */
  #fitWidth = 0;
  #isTooLarge = false;

  constructor(options: SourceOptions) {
    this.#options = options;
    const { Url: url, Format: format, AllowedHosts: more } = options.configuration;
    this.#input = ffmpegInput(url, format, options.workFolder);
    this.#login = new LoginReader(options);
    this.#hosts = new AllowedHosts(url, more);
  }

  get shown(): string {
    return shownUrl(this.#options.configuration.Url);
  }

  get hasEnd(): boolean {
    return ['file', 'generated'].includes(this.#input.kind);
  }

  /** @throws EdgeError `source.ffmpeg-missing`, `source.ffmpeg-failed`, `source.no-credentials` */
  async play(target: PlayTarget, pace: FramePace, signal: AbortSignal): Promise<PlayEnd> {
    const { configuration, clock, name, statistics } = this.#options;
    const command = configuration.FfmpegPath;
    this.#version ??= await askFfmpegVersion(command, signal);
    const flags = decoderFlags(this.#plan?.decoder ?? SOFTWARE);
    const login = this.#input.kind === 'network' ? await this.#login.read() : undefined;
    const input = login ? { ...this.#input, url: withLogin(this.#input.url, login), isSecret: true } : this.#input;
    const clips = pace === 'paced' && this.#hasPackets ? this.#options.clips : undefined;
    const gate = await this.#openGate();
    const led: string[] = [];
    const mayFollow = (to: string): boolean => {
      const host = hostOf(to);
      if (!this.#hosts.has(host)) led.push(host);
      return led.length === 0;
    };
    const end = await playCommand({
      command,
      ...ffmpegArguments(input, this.#settings, pace, this.#form, this.#version, flags, clips !== undefined),
      secrets: [...secretsOf(input.url), ...(login ? secretsOfLogin(login) : [])],
      onExtra: clips && ((stream) => clips.take(stream)),
      onProcess: (pid) => (statistics.source(name).commandPid = pid),
      noFrameMs: configuration.NoFrameSeconds * 1000,
      openingMs: OPENING_MS,
      clock,
      signal,
      ...(gate ? { environment: gate.environment, mayFollow } : {}),
      output: this.#form === 'raw' ? this.#rawFrames(target, pace, signal) : this.#jpegFrames(target, pace),
    }).finally(() => gate?.close());
    this.#tellRefused([...(gate?.refused ?? []), ...led], end);
    if (end.process.kind === 'not-started') {
      this.#version = undefined;
      throw ffmpegMissing(command, end.process.reason);
    }
    return (await this.#hasAnotherWay(target, end, signal)) ? this.play(target, pace, signal) : end;
  }

  /** Undefined for what is not on the network. */
  async #openGate(): Promise<HostGate | undefined> {
    if (this.#input.kind !== 'network') return undefined;
    return HostGate.open({ hosts: this.#hosts, environment: childEnvironment() });
  }

  /** @throws EdgeError `source.redirect-refused` if that is why there is not a frame */
  #tellRefused(refused: readonly string[], { by, frames }: PlayEnd): void {
    const [host] = refused;
    if (host === undefined) return;
    const { name, log } = this.#options;
    const { shown: url } = this;
    if (frames === 0 && ['itself', 'watchdog', 'led-away'].includes(by)) {
      const message = `${url} leads to ${host}, which is not followed: add ${host} to AllowedHosts of the source if that is right`;
      throw appErrors.error('source.redirect-refused', message, { facts: { url, host } });
    }
    for (const each of refused) {
      if (this.#refusedHosts.has(each) || this.#refusedHosts.size >= MAX_REFUSED) continue;
      this.#refusedHosts.add(each);
      log.warn({ source: name, url, host: each }, 'source.host-refused');
    }
  }

  #rawFrames(target: PlayTarget, pace: FramePace, signal: AbortSignal): FrameOutput {
    this.#decodes = false;
    const isWanted: PlayTarget['isWanted'] = (frame) => {
      if (!this.#decodes && this.#plan) this.#tell(this.#plan.state);
      this.#decodes = true;
      return target.isWanted(frame);
    };
    const suits = (codec: string): boolean => !this.#asksForPackets(pace) && this.#suits(target, codec);
    const onTooLarge = (fitWidth: number): boolean => this.#shrinkTo(fitWidth);
    return rawFramesOf(this.#options, { ...target, isWanted }, pace, { suits, onTooLarge }, signal);
  }

  get #settings(): FfmpegSettings {
    const { configuration } = this.#options;
    const widths = [configuration.MaxWidth, this.#fitWidth].filter((width) => width > 0);
    return widths.length === 0 ? configuration : { ...configuration, MaxWidth: Math.min(...widths) };
  }

  /** Smaller frames in shared memory cost less than whole ones over the socket. */
  #shrinkTo(fitWidth: number): boolean {
    // Others may have taken memory meanwhile: one try, so that the camera is not opened again and again.
    if (this.#fitWidth > 0) return false;
    this.#fitWidth = fitWidth;
    this.#isTooLarge = true;
    const { name, incidents } = this.#options;
    const message = `frames of source ${name} are scaled down to a width of ${fitWidth} pixels: shared memory does not have room for three of them as they are`;
    const todo = 'Enlarge /dev/shm, or raise FrameMemoryMB of edgeml.InferenceAgent, and restart edgeml.InferenceApp.';
    incidents.opened(frameSizeSubject(name), 'frames.scaled-down', { source: name, width: fitWidth, message, todo });
    return true;
  }

  /** Not every codec can be in such a file: the camera is opened again once it is known. */
  #asksForPackets(pace: FramePace): boolean {
    return pace === 'paced' && this.#options.clips !== undefined && this.#hasPackets === undefined;
  }

  #decideOnPackets(codec: string): void {
    const { clips, name, incidents } = this.#options;
    if (!clips || this.#hasPackets !== undefined) return;
    this.#hasPackets = process.platform !== 'win32' && CLIP_CODECS.includes(codec);
    if (this.#hasPackets) return;
    const why =
      process.platform === 'win32' ? 'this is Windows' : `its codec ${codec} is not one of ${CLIP_CODECS.join(', ')}`;
    const message = `no clips of source ${name} can be kept: ${why}`;
    const todo = 'Choose another codec in the settings of the camera, or take Clips away from the source.';
    incidents.opened(clipsSubject(name), 'clips.not-possible', {
      source: name,
      codec,
      message,
      todo,
      severity: 'error',
    });
  }

  #suits(target: PlayTarget, codec: string): boolean {
    if (this.#passesOn(target, codec)) return false;
    const { HardwareDecoding: wanted } = this.#options.configuration;
    if (wanted === 'none') this.#tell({ codec, decoder: 'software', why: '' });
    return wanted === 'none' || this.#plan !== undefined;
  }

  /** Pictures that are to be made smaller, or looked at here, are decoded here in any case. */
  #passesOn({ wantsPixels }: PlayTarget, codec: string): boolean {
    return codec === 'mjpeg' && this.#options.configuration.MaxWidth === 0 && !wantsPixels;
  }

  /** Whether ffmpeg is to be started again at once, in another way. */
  async #hasAnotherWay(
    target: PlayTarget,
    { by, codec, frames, said }: PlayEnd,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (codec === undefined) return false;
    if (this.#isTooLarge) {
      this.#isTooLarge = false;
      return true;
    }
    if (by === 'unfit') {
      this.#decideOnPackets(codec);
      if (this.#passesOn(target, codec)) {
        this.#form = 'jpeg';
        this.#tell({ codec, decoder: 'none', why: '' });
      } else if (this.#options.configuration.HardwareDecoding !== 'none' && !this.#plan)
        await this.#makePlan(codec, signal);
      return true;
    }
    const hasFailed = frames === 0 && (by === 'itself' || by === 'watchdog');
    if (!hasFailed || !this.#plan || this.#plan.decoder.kind === 'software') return false;
    const next = this.#plan.refuse(by === 'watchdog' ? 'it gave no frame' : said);
    if (next.kind === 'software') this.#tell(this.#plan.state);
    return true;
  }

  async #makePlan(codec: string, signal: AbortSignal): Promise<void> {
    const { HardwareDecoding: wanted, FfmpegPath: command } = this.#options.configuration;
    const ask = (...words: readonly string[]) => askFfmpeg(command, words, signal);
    this.#plan = await DecodingPlan.make({ wanted, codec, ask, platform: process.platform });
    if (this.#plan.decoder.kind === 'software') this.#tell(this.#plan.state);
  }

  /** Says what decodes, each time that it changes. */
  #tell(decoding: Decoding): void {
    if (isDeepStrictEqual(decoding, this.#said)) return;
    this.#said = decoding;
    const { name, configuration, statistics, incidents, log } = this.#options;
    statistics.source(name).decoding = decoding;
    const { HardwareDecoding: wanted } = configuration;
    const isLess = decoding.decoder === 'software' && !['none', 'auto'].includes(wanted);
    if (!isLess) {
      log.info({ source: name, wanted, ...decoding }, 'source.decoding');
      return incidents.forget(decodingSubject(name));
    }
    const message = `source ${name} asks for ${wanted} and is decoded by the CPU: ${decoding.why}`;
    const todo =
      '`edgeml doctor` shows what ffmpeg can use on this device; HardwareDecoding none or auto asks for nothing more.';
    incidents.opened(decodingSubject(name), 'source.decoding', { source: name, wanted, ...decoding, message, todo });
  }

  #jpegFrames({ sink, offer }: PlayTarget, pace: FramePace): JpegFrames {
    const { configuration, clock, maxImageBytes } = this.#options;
    return new JpegFrames({
      maxImageBytes,
      framesPerSecond: pace === 'paced' ? configuration.FramesPerSecond : 0,
      clock,
      onFrame: (bytes) => offer({ withImage: (use) => use({ bytes, contentType: 'image/jpeg' }) }),
      onBroken: (reason) => sink.skip(reason),
      whenReady: () =>
        pace === 'every' && sink.outstanding > MAX_OUTSTANDING ? sink.below(MAX_OUTSTANDING) : undefined,
    });
  }
}
