import type { AgentConfiguration } from '../config.ts';
import type { ImageDoor } from '../invoke/invoke-service.ts';
import { serviceSettings } from './service-settings.ts';
import type { ServiceSettings } from './service-settings.ts';

const MB = 1024 ** 2;
/** Services are named by clients: more than this many names are not kept. */
const MAX_SERVICES = 256;

/** The settings that every request needs, worked out once after each change. */
export class RequestSettings {
  readonly #cores: number;
  readonly #services = new Map<string, ServiceSettings>();
  #configuration: AgentConfiguration;
  #bounds: { readonly concurrentRuns: number; readonly bufferedBytes: number };

  /** @param cores of the device: as many requests run at once unless the configuration says otherwise */
  constructor(configuration: AgentConfiguration, cores: number) {
    this.#cores = Math.max(1, cores);
    this.#configuration = configuration;
    this.#bounds = this.#boundsNow();
  }

  get bounds(): { readonly concurrentRuns: number; readonly bufferedBytes: number } {
    return this.#bounds;
  }

  get maxImageBytes(): number {
    return this.#configuration.MaxImageMB * MB;
  }

  /** Folders from which images are taken by their path. */
  imageFolders(door: ImageDoor): readonly string[] {
    const { ImageFolders, SocketFolderImageFolders, IpcImageFolders } = this.#configuration;
    switch (door) {
      case 'agent.sock':
        return ImageFolders;
      case 'SocketFolder':
        return SocketFolderImageFolders;
      case 'ipc':
        return IpcImageFolders ?? ImageFolders;
    }
  }

  service(name: string): ServiceSettings {
    const known = this.#services.get(name);
    if (known) return known;
    const settings = serviceSettings(this.#configuration, name);
    if (this.#services.size < MAX_SERVICES) this.#services.set(name, settings);
    return settings;
  }

  /** The configuration has changed. */
  follow(configuration: AgentConfiguration): void {
    this.#configuration = configuration;
    this.#services.clear();
    this.#bounds = this.#boundsNow();
  }

  #boundsNow() {
    const { MaxConcurrentRuns, MaxBufferedMB } = this.#configuration;
    return { concurrentRuns: MaxConcurrentRuns || this.#cores, bufferedBytes: MaxBufferedMB * MB };
  }
}
