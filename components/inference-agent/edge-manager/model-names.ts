import { agentErrors } from '../errors.ts';
import type { ModelReference } from './messages.ts';

/** Names by which clients find models: aliases, and since 2022 handles. */
export class ModelNames {
  readonly #aliasOf = new Map<string, string>();

  /**
   * Alias of the model that a call means. A handle that no LoadModel gave is an alias itself: so models that a component
   * deployed can be reached by handle too.
   * @throws EdgeError `edge-manager.no-name`
   */
  aliasOf({ name, handle }: ModelReference): string {
    if (name !== '') return name;
    if (handle !== '') return this.#aliasOf.get(handle) ?? handle;
    throw agentErrors.error('edge-manager.no-name', 'the call names no model: neither name nor handle is set');
  }

  /** Handle of a model; its alias where a client gave it none. */
  handleOf(alias: string): string {
    for (const [handle, owner] of this.#aliasOf) if (owner === alias) return handle;
    return alias;
  }

  bind(handle: string, alias: string): void {
    if (handle !== '' && handle !== alias) this.#aliasOf.set(handle, alias);
  }

  forget(alias: string): void {
    for (const [handle, owner] of this.#aliasOf) if (owner === alias) this.#aliasOf.delete(handle);
  }
}

/** @throws EdgeError `edge-manager.alias-invalid` */
export function checkedAlias(alias: string): string {
  if (alias.length <= MAX_ALIAS_LENGTH && /^[a-zA-Z0-9](?:-*[a-zA-Z0-9])*$/.test(alias)) return alias;
  throw agentErrors.error(
    'edge-manager.alias-invalid',
    `"${alias.slice(0, 2 * MAX_ALIAS_LENGTH)}" cannot be the name of a model`,
  );
}

const MAX_ALIAS_LENGTH = 128;
