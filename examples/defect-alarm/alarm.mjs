/**
 * Raises an alarm over MQTT if a detector sees a label in several pictures of a source in a row, and ends it when it no longer does.
 * docs/examples.md tells how to run it:
 *
 *     node examples/defect-alarm/alarm.mjs mqtt://127.0.0.1:1883 bracket 2
 */
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { connectAsync } from 'mqtt';

const MIN_SCORE = 0.5;

/**
 * Watches results on `edgeml/<thing>/results/<service>` and publishes `{state, label, source, image}` on `plant/alarms/<thing>/<source>`, retained,
 * so that a panel that connects later sees the present state.
 * @param {string} broker address, e.g. `mqtt://127.0.0.1:1883`; AWS IoT Core takes the same topics with a certificate
 * @param {{ label: string, inARow: number, say?: (line: string) => void }} rule
 * @returns {Promise<() => Promise<void>>} stops it
 */
export async function watchForDefects(broker, { label, inARow, say = () => undefined }) {
  const client = await connectAsync(broker);
  const alarms = new Alarms(label, inARow);
  client.on('message', (topic, payload) => {
    const change = alarms.after(JSON.parse(payload.toString()));
    if (!change) return;
    const { thing, source } = change;
    say(`${change.state === 'on' ? 'ALARM' : 'over'}: ${label} at ${source} of ${thing}, ${change.image}`);
    client.publish(`plant/alarms/${thing}/${source}`, JSON.stringify(change), { qos: 1, retain: true });
  });
  await client.subscribeAsync('edgeml/+/results/+', { qos: 1 });
  return () => client.endAsync();
}

/** Which sources have an alarm. One picture alone may be a mistake of the model, so several in a row decide. */
class Alarms {
  #label;
  #inARow;
  /** @type {Map<string, { seen: number, on: boolean }>} */
  #sources = new Map();

  /**
   * @param {string} label
   * @param {number} inARow pictures
   */
  constructor(label, inARow) {
    this.#label = label;
    this.#inARow = inARow;
  }

  /**
   * The change that a result makes, if any. Results without an answer (`error`) change nothing.
   * @param {{ thing: string, source: string, image: string, error?: unknown, predictions: { label: string, score: number }[] }} result
   */
  after({ thing, source, image, error, predictions }) {
    if (error) return undefined;
    const key = `${thing}/${source}`;
    const before = this.#sources.get(key) ?? { seen: 0, on: false };
    const isThere = predictions.some(({ label, score }) => label === this.#label && score >= MIN_SCORE);
    const seen = isThere ? before.seen + 1 : 0;
    const on = isThere && (before.on || seen >= this.#inARow);
    this.#sources.set(key, { seen, on });
    return on === before.on ? undefined : { state: on ? 'on' : 'off', label: this.#label, thing, source, image };
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [broker = 'mqtt://127.0.0.1:1883', label = 'bracket', inARow = '2'] = process.argv.slice(2);
  const stop = await watchForDefects(broker, { label, inARow: Number(inARow), say: console.log });
  console.log(`Watching ${broker} for ${label}. Ctrl-C stops.`);
  process.once('SIGINT', () => void stop());
}
