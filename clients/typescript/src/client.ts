import type { ClientOptions } from './client-options.ts';
import { ValueError } from './exceptions.ts';
import { FeedbackClient } from './feedback-client.ts';
import { InferenceClient } from './inference-client.ts';

interface Clients {
  readonly inference: InferenceClient;
  readonly feedback: FeedbackClient;
}

const MAKERS: { readonly [Name in keyof Clients]: (options?: ClientOptions) => Clients[Name] } = {
  inference: (options) => new InferenceClient(options),
  feedback: (options) => new FeedbackClient(options),
};

/**
 * A client of the service `inference` or `feedback`.
 * @throws ValueError if the name is another, or an option is not valid
 */
export function client<Name extends keyof Clients>(name: Name, options?: ClientOptions): Clients[Name] {
  if (!Object.hasOwn(MAKERS, name))
    throw new ValueError(`unknown client '${String(name)}': there are inference and feedback`);
  return MAKERS[name](options);
}
