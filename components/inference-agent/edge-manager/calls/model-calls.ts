import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeyedSerial, messageOf } from '#packages/foundation';
import type { ServedModel } from '../../registry/alias-state.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';
import { agentErrors } from '../../errors.ts';
import type { LoadModelRequest, ModelMessage, ModelReference } from '../messages.ts';
import { checkedAlias } from '../model-names.ts';
import type { ModelNames } from '../model-names.ts';
import { describeTensors } from '../tensors/describe-model.ts';
import { Loaders } from '../loaders.ts';
import type { RestoredModels } from '../restored-models.ts';
import type { Client } from '../server/clients.ts';
import type { OpenPredicts } from './open-predicts.ts';

export interface ModelPorts {
  readonly registry: ModelRegistry;
  readonly names: ModelNames;
  readonly predicts: OpenPredicts;
  readonly restored: RestoredModels;
  /** Relative urls start here. */
  readonly workFolder: string;
}

/** LoadModel, UnLoadModel, ListModels, DescribeModel. Clients need not take turns: calls for one alias do so here. */
export class ModelCalls {
  readonly #ports: ModelPorts;
  readonly #turns = new KeyedSerial();
  readonly #loaders = new Loaders();

  constructor(ports: ModelPorts) {
    this.#ports = ports;
  }

  /**
   * The first load of a model that came back with a restart of the agent succeeds, with what its folder holds now; so does the first
   * one by a program that loaded it before and was started again.
   * @throws EdgeError `edge-manager.alias-invalid`, `edge-manager.already-loaded`, and what activation refuses for:
   * `package.*`, `signature.*`, `model.*`, `instance.*`, `store.*`
   */
  async load(
    request: LoadModelRequest,
    client: Client,
    signal: AbortSignal,
  ): Promise<{ readonly model: ModelMessage }> {
    const { names, restored } = this.#ports;
    const { url, handle } = request;
    const alias = checkedAlias(url === '' ? names.aliasOf(request) : request.name || handle);
    return this.#turns.run(alias, async () => {
      const present = this.#present(alias);
      if (present !== undefined) names.bind(handle, alias);
      // By handle alone a client asks for what was deployed to the device.
      if (present === 'loaded' && url === '' && handle !== '') return { model: this.#describe(alias) };
      if (present !== undefined && (url === '' || !this.#isLetGo(alias, client))) {
        throw agentErrors.error('edge-manager.already-loaded', `a model is loaded as "${alias}"`, {
          facts: { alias },
        });
      }
      await this.#activate(url, alias, signal);
      restored.claimed(alias);
      this.#loaders.loaded(alias, client);
      names.bind(handle, alias);
      return { model: this.#describe(alias) };
    });
  }

  /** @throws EdgeError `edge-manager.not-loaded`, `edge-manager.deployed-model` */
  async unload(reference: ModelReference): Promise<object> {
    const { registry, names, predicts, restored } = this.#ports;
    const alias = names.aliasOf(reference);
    await restored.finished;
    return this.#turns.run(alias, async () => {
      if (this.#loaded(alias).record.owner !== 'client') {
        const message = `the model "${alias}" was deployed by a component, and only that takes it away`;
        throw agentErrors.error('edge-manager.deployed-model', message, { facts: { alias } });
      }
      await predicts.closed(alias, () => registry.unload(alias));
      restored.claimed(alias);
      this.#loaders.unloaded(alias);
      names.forget(alias);
      return {};
    });
  }

  async list(): Promise<{ readonly models: readonly ModelMessage[] }> {
    const { registry, predicts, restored } = this.#ports;
    await restored.finished;
    const aliases = registry.aliases().filter((alias) => !predicts.isClosed(alias));
    return { models: aliases.map((alias) => this.#describe(alias)) };
  }

  /** @throws EdgeError `edge-manager.not-loaded` */
  async describe(reference: ModelReference): Promise<{ readonly model: ModelMessage }> {
    const { names, restored } = this.#ports;
    const alias = names.aliasOf(reference);
    await restored.finished;
    restored.asked(alias);
    return { model: this.#describe(alias) };
  }

  async #activate(url: string, alias: string, signal: AbortSignal): Promise<void> {
    const { registry, workFolder } = this.#ports;
    if (url === '') throw notFound(alias, 'LoadModel was given no url');
    const path = resolve(workFolder, pathOf(url, alias));
    await registry.activate({ path, alias, owner: 'client' }, () => undefined, signal);
  }

  /** A model that is loaded, and may be loaded once more all the same. */
  #isLetGo(alias: string, client: Client): boolean {
    const { registry, restored } = this.#ports;
    const isClients = registry.served(alias)?.record.owner === 'client';
    return restored.isUnclaimed(alias) || (isClients && this.#loaders.hasStartedAgain(alias, client));
  }

  /** A model on its way out leaves its name free; one that is being restored does not. */
  #present(alias: string): 'loaded' | 'pending' | undefined {
    const { registry } = this.#ports;
    const served = registry.served(alias);
    if (served) return served.retiring ? undefined : 'loaded';
    return registry.target(alias) === 'pending' ? 'pending' : undefined;
  }

  #loaded(alias: string): ServedModel {
    const { registry, predicts } = this.#ports;
    const served = predicts.isClosed(alias) ? undefined : registry.served(alias);
    if (served) return served;
    const active = registry.aliases();
    const which = active.length === 0 ? 'none is' : `loaded: ${active.join(', ')}`;
    throw notFound(alias, `no model is loaded as "${alias.slice(0, 200)}" (${which})`);
  }

  #describe(alias: string): ModelMessage {
    const { serving, record } = this.#loaded(alias);
    const { inputs, outputs } = describeTensors(serving.instance.facts, serving.spec.manifest);
    return {
      url: record.source,
      name: alias,
      input_tensor_metadatas: inputs,
      output_tensor_metadatas: outputs,
      handle: this.#ports.names.handleOf(alias),
    };
  }
}

/** Urls are paths; some programs write them as `file://` urls. @throws EdgeError `edge-manager.not-loaded` */
function pathOf(url: string, alias: string): string {
  if (!url.startsWith('file://')) return url;
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw notFound(alias, `"${url.slice(0, 200)}" does not name a file of this device: ${messageOf(cause)}`);
  }
}

function notFound(alias: string, message: string) {
  return agentErrors.error('edge-manager.not-loaded', message, { facts: { alias } });
}
