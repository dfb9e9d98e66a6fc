import { describe, expect, it } from 'vitest';
import { generateSigningKey } from '#packages/model-package';
import { defaultConfiguration, parseConfiguration } from '#packages/foundation';
import { agentConfiguration } from '../config.ts';
import { instanceSettings, memoryLimitBytes } from './instance-settings.ts';
import { platformLadder } from './platform-ladder.ts';
import { serviceSettings, servicesOf } from './service-settings.ts';

const parse = (raw: object) => parseConfiguration(agentConfiguration, raw, { component: 'edgeml.InferenceAgent' });
const platform = (cores: number, ...providers: string[]) => ({ cores, providers });

describe('the configuration of the agent', () => {
  it('has a default for everything', () => {
    expect(defaultConfiguration(agentConfiguration)).toMatchObject({
      AdminSocketMode: '600',
      LocalInferenceServiceTimeoutSeconds: 10,
      SignaturePolicy: 'warn',
      Services: {},
    });
  });

  it('takes numbers, lists and maps as text, as nucleus lite hands them over', () => {
    const key = generateSigningKey().publicKey;
    const configuration = parse({
      LocalInferenceServiceTimeoutSeconds: '3',
      Providers: 'cuda, cpu',
      Spinning: 'true',
      Services: '{"line-3":{"Model":"Parts","QueueLength":"5"}}',
      TrustedKeys: JSON.stringify({ factory: key }),
      SignaturePolicy: 'Require',
    });
    expect(configuration).toMatchObject({
      LocalInferenceServiceTimeoutSeconds: 3,
      Providers: ['cuda', 'cpu'],
      Spinning: true,
      Services: { 'line-3': { Model: 'Parts', QueueLength: 5 } },
      TrustedKeys: { factory: key },
      SignaturePolicy: 'require',
    });
  });

  it.each([
    [{ Providers: ['gpu'] }, '/Providers'],
    [{ TrustedKeys: { factory: 'AAAA' } }, '/TrustedKeys/factory'],
    [{ Services: { 'line 3': {} } }, '/Services/line 3'],
    [{ Services: { a: { Providers: 'gpu' } } }, '/Services/a/Providers'],
    [{ LocalInferenceServiceTimeoutSeconds: 0 }, '/LocalInferenceServiceTimeoutSeconds'],
    [{ SignaturePolicy: 'maybe' }, '/SignaturePolicy'],
  ])('refuses %j and names the setting', (raw, pointer) => {
    expect(() => parse(raw)).toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining(pointer) as string }) as Error,
    );
  });
});

describe('settings of a service', () => {
  const configuration = parse({
    QueueLength: 9,
    Workers: 1,
    Services: {
      Parts: { LocalInferenceServiceTimeoutSeconds: 2, LocalInferenceServiceMemoryLimitKB: 500_000, Workers: 3 },
      'line-3': { Model: 'Parts', QueueLength: 1 },
      'line-4': { Model: 'Belts', Providers: 'webgpu,cpu', RequireProvider: true, MaxLatencyMs: 40 },
    },
  });

  it('are its own on top of the agent’s', () => {
    expect(serviceSettings(configuration, 'Parts')).toEqual({
      alias: 'Parts',
      timeoutMs: 2_000,
      queueLength: 9,
      anomalySensitivity: 0.5,
    });
    expect(serviceSettings(configuration, 'line-3')).toEqual({
      alias: 'Parts',
      timeoutMs: 10_000,
      queueLength: 1,
      anomalySensitivity: 0.5,
    });
    expect(serviceSettings(configuration, 'constructor')).toMatchObject({ alias: 'constructor', queueLength: 9 });
  });

  it('reach the model by its alias', () => {
    expect(servicesOf(configuration, 'Parts')).toEqual(['Parts', 'line-3']);
    expect(instanceSettings(configuration, platform(4), 'Parts')).toMatchObject({ workers: 3, maxPixels: 50_000_000 });
    const small = parse({ MaxImageMegapixels: 12 });
    expect(instanceSettings(small, platform(4), 'Parts')).toMatchObject({ maxPixels: 12_000_000 });
    expect(memoryLimitBytes(configuration, 'Parts')).toBe(500_000 * 1024);
    expect(memoryLimitBytes(configuration, 'Belts')).toBeUndefined();
    expect(instanceSettings(configuration, platform(4, 'cpu'), 'Belts')).toMatchObject({
      providers: ['webgpu', 'cpu'],
      requireProvider: true,
      maxLatencyMs: 40,
    });
  });
});

describe('limits of a service', () => {
  it('hold nothing back and keep no spare process by default', () => {
    const settings = instanceSettings(parse({}), platform(2), 'Parts');
    expect(settings).toMatchObject({ niceness: 0, spare: false, keepKillerInputs: true });
    expect(settings).not.toHaveProperty('cpuCores');
  });

  it('are its own, the CPU share as cores', () => {
    const own = { Niceness: '7', CpuShare: '150', SpareInstance: 'true', KeepKillerInputs: 'false' };
    const configuration = parse({ CpuShare: 50, Services: { Parts: own, Belts: { CpuShare: 0 } } });
    expect(instanceSettings(configuration, platform(2), 'Parts')).toMatchObject({
      niceness: 7,
      cpuCores: 1.5,
      spare: true,
      keepKillerInputs: false,
    });
    expect(instanceSettings(configuration, platform(2), 'Other')).toMatchObject({ cpuCores: 0.5 });
    expect(instanceSettings(configuration, platform(2), 'Belts')).not.toHaveProperty('cpuCores');
  });

  it.each([
    { Niceness: -1 },
    { Niceness: 20 },
    { CpuShare: -1 },
    { MaxOpenFiles: 511 },
    { MaxOpenFiles: 895 },
    { MaxConnections: 3_713 },
    { MaxModelProcesses: 0 },
  ])('refuses %j', (raw) => {
    expect(() => parse(raw)).toThrow(expect.objectContaining({ code: 'config.invalid' }) as Error);
  });
});

describe('threads and providers by default', () => {
  const settings = (cores: number, raw: object, ...providers: string[]) =>
    instanceSettings(parse(raw), platform(cores, ...providers), 'Parts');

  it.each([
    [1, {}, { workers: 1, intraOpThreads: 1, threadsToTry: [1], prepareAhead: false }],
    [2, {}, { workers: 1, intraOpThreads: 2, threadsToTry: [2, 1], prepareAhead: true, prepareFrames: false }],
    [4, {}, { workers: 1, intraOpThreads: 4, threadsToTry: [4, 2, 1], prepareFrames: true }],
    [16, {}, { workers: 4, intraOpThreads: 4, prepareAhead: true }],
    [8, { IntraOpThreads: 1 }, { workers: 8, intraOpThreads: 1, prepareAhead: false }],
    [2, { IntraOpThreads: 8 }, { workers: 1, intraOpThreads: 8, threadsToTry: [8] }],
  ])('%d cores with %j make %j', (cores, raw, expected) => {
    expect(settings(cores, raw)).toMatchObject(expected);
  });

  it('take the ladder of the platform, else the CPU', () => {
    expect(settings(2, {}, 'cuda', 'cpu').providers).toEqual(['cuda', 'cpu']);
    expect(settings(2, { Providers: ['webgpu'] }, 'cuda', 'cpu').providers).toEqual(['webgpu']);
    expect(settings(2, {}).providers).toEqual(['cpu']);
    expect(() => settings(2, {}, 'abacus')).toThrow(expect.objectContaining({ code: 'provider.unknown' }) as Error);
  });

  it('are WebAssembly on 32-bit ARM, whatever the manifest says', () => {
    expect(platformLadder(['cpu'], 'arm')).toEqual(['wasm']);
    expect(platformLadder(['qnn', 'cpu'], 'arm64')).toEqual(['qnn', 'cpu']);
  });
});
