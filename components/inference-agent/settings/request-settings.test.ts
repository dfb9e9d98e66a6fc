import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '#packages/foundation';
import { agentConfiguration } from '../config.ts';
import { RequestSettings } from './request-settings.ts';

const configurationWith = (raw: object) =>
  parseConfiguration(agentConfiguration, raw, { component: 'edgeml.InferenceAgent' });

describe('RequestSettings', () => {
  it('finds out what holds for a service once, until the configuration changes', () => {
    const settings = new RequestSettings(configurationWith({ QueueLength: 3 }), 2);
    const first = settings.service('Parts');
    expect(first).toEqual({ alias: 'Parts', timeoutMs: 10_000, queueLength: 3, anomalySensitivity: 0.5 });
    expect(settings.service('Parts')).toBe(first);
    settings.follow(configurationWith({ Services: { Parts: { Model: 'Bolts', QueueLength: 5 } } }));
    expect(settings.service('Parts')).toEqual({
      alias: 'Bolts',
      timeoutMs: 10_000,
      queueLength: 5,
      anomalySensitivity: 0.5,
    });
  });

  it('bounds all services together, by the cores unless told otherwise', () => {
    const settings = new RequestSettings(configurationWith({ MaxBufferedMB: 7, MaxImageMB: 2 }), 4);
    expect(settings.bounds).toEqual({ concurrentRuns: 4, bufferedBytes: 7 * 1024 ** 2 });
    expect(settings.maxImageBytes).toBe(2 * 1024 ** 2);
    settings.follow(configurationWith({ MaxConcurrentRuns: 1, ImageFolders: ['/images'] }));
    expect(settings.bounds.concurrentRuns).toBe(1);
    expect(settings.imageFolders('agent.sock')).toEqual(['/images']);
    expect(settings.imageFolders('SocketFolder')).toEqual([]);
    expect(settings.imageFolders('ipc')).toEqual(['/images']);
    settings.follow(configurationWith({ ImageFolders: ['/a'], SocketFolderImageFolders: ['/b'], IpcImageFolders: [] }));
    expect(settings.imageFolders('SocketFolder')).toEqual(['/b']);
    expect(settings.imageFolders('ipc')).toEqual([]);
  });

  it('answers for any number of names, which clients make up, and keeps only so many', () => {
    const settings = new RequestSettings(configurationWith({}), 1);
    for (let name = 0; name < 300; name++) settings.service(`made-up-${name}`);
    expect(settings.service('made-up-0')).toBe(settings.service('made-up-0'));
    expect(settings.service('made-up-299')).toEqual(settings.service('made-up-299'));
    expect(settings.service('made-up-299')).not.toBe(settings.service('made-up-299'));
  });
});
