import type { Logger } from '#packages/foundation';

import type { Subscription } from '../session.ts';
import type { StreamOperation } from '../transport/nucleus-transport.ts';
import type { Caller } from './caller.ts';
import { isUnsupported } from './fault-to-error.ts';
import type { SubscriptionBook } from './subscription-book.ts';

export type ConfigurationCheck = (configuration: unknown) => string | undefined | Promise<string | undefined>;
export type UpdateAnswer = () => { readonly deferMs: number; readonly message?: string };

/** Questions of the nucleus to its components; nucleus lite never asks any. */
export class Questions {
  readonly #caller: Caller;
  readonly #book: SubscriptionBook;
  readonly #log: Logger;

  constructor(caller: Caller, book: SubscriptionBook, log: Logger) {
    this.#caller = caller;
    this.#book = book;
    this.#log = log;
  }

  /** "Is this configuration valid?" */
  validity(check: ConfigurationCheck): Promise<Subscription> {
    return this.#answer('SubscribeToValidateConfigurationUpdates', async (event) => {
      const { validateConfigurationUpdateEvent: asked } = event as ValidateEvent;
      if (!asked) return;
      const fault = await check(asked.configuration);
      const verdict = fault === undefined ? { status: 'ACCEPTED' } : { status: 'REJECTED', message: fault };
      await this.#caller.call('SendConfigurationValidityReport', {
        configurationValidityReport: { ...verdict, deploymentId: asked.deploymentId },
      });
    });
  }

  /** "May components be updated now?" */
  update(answer: UpdateAnswer): Promise<Subscription> {
    return this.#answer('SubscribeToComponentUpdates', async (event) => {
      const { preUpdateEvent: asked } = event as UpdateEvent;
      if (!asked) return;
      const { deferMs, message } = answer();
      await this.#caller.call('DeferComponentUpdate', {
        deploymentId: asked.deploymentId,
        recheckAfterMs: deferMs,
        ...(message === undefined ? {} : { message }),
      });
    });
  }

  /** Nuclei that lack the operation answer ServiceError; then there is nothing to hear. */
  async #answer(operation: StreamOperation, onEvent: (event: unknown) => Promise<void>): Promise<Subscription> {
    const tell = (thrown: unknown): void => this.#log.warn({ error: thrown, operation }, 'ipc.answer-failed');
    try {
      return await this.#book.subscribe({
        operation,
        request: {},
        onEvent: (event) => void onEvent(event).catch(tell),
      });
    } catch (thrown) {
      if (!isUnsupported(thrown)) throw thrown;
      this.#log.info({ operation }, 'ipc.not-supported-here');
      return { close: async () => undefined };
    }
  }
}

interface ValidateEvent {
  readonly validateConfigurationUpdateEvent?: { readonly configuration?: unknown; readonly deploymentId: string };
}

interface UpdateEvent {
  readonly preUpdateEvent?: { readonly deploymentId: string };
}
