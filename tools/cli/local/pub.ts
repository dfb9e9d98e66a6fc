import { cliErrors } from '../errors.ts';
import type { CommandSpec } from '../frame/command.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { withNucleus } from './nucleus-client.ts';

export const pubCommand: CommandSpec<RootOption> = {
  usage: 'pub <topic> <message>',
  summary: 'publish on a local topic; JSON objects are sent as JSON, anything else as bytes',
  options: rootOption,
  run: ({ args: [topic = '', message = ''], options, out }) =>
    withNucleus(rootOf(options), async (client) => {
      if (/[+#]/.test(topic)) throw cliErrors.error('cli.usage', `cannot publish on "${topic}": it holds a wildcard`);
      const publishMessage = publishable(message);
      await client.call(`publishing on ${topic}`, client.sdk.publishToTopic({ topic, publishMessage }));
      out.json({ topic, published: true });
      if (!out.isJson) out.line(`Published on ${topic}`);
    }),
};

function publishable(message: string) {
  try {
    const value: unknown = JSON.parse(message);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { jsonMessage: { message: value } };
  } catch {
    // Not JSON: sent as it is.
  }
  return { binaryMessage: { message: Buffer.from(message) } };
}
