import { childrenOf, elementAt, readXml } from './read-xml.ts';
import type { XmlElement } from './read-xml.ts';
import { shownText } from './shown-text.ts';

/** A camera that answered WS-Discovery. */
export interface FoundCamera {
  /** e.g. `192.168.1.20:8000`, as `--source onvif://…` takes it. */
  readonly host: string;
  /** Its own words; empty if it does not say. */
  readonly name: string;
  readonly hardware: string;
}

/**
 * The camera that an answer to a probe is of. It is asked where its answer came from: of the addresses that it names, only the port is
 * taken, so that nobody sends the user's login to a third.
 *
 * @param question id of the probe
 * @param from address of whoever answered
 * @returns undefined if the answer is none, or none to this question
 */
export function cameraIn(answer: string, question: string, from: string): FoundCamera | undefined {
  const envelope = envelopeOf(answer);
  if (elementAt(envelope, 'Header', 'RelatesTo')?.text.toLowerCase() !== `urn:uuid:${question}`) return undefined;
  const [match] = childrenOf(elementAt(envelope, 'Body', 'ProbeMatches'), 'ProbeMatch');
  const urls = wordsOf(match, 'XAddrs')
    .filter((text) => URL.canParse(text))
    .map((text) => new URL(text))
    .filter(({ protocol }) => protocol === 'http:');
  const url = urls.find(({ hostname }) => hostname === from) ?? urls[0];
  if (!url) return undefined;
  const scopes = wordsOf(match, 'Scopes');
  return {
    host: url.port === '' ? from : `${from}:${url.port}`,
    name: scopeOf(scopes, 'name'),
    hardware: scopeOf(scopes, 'hardware'),
  };
}

function envelopeOf(answer: string): XmlElement | undefined {
  try {
    return readXml(answer);
  } catch {
    // Anybody on the network can answer anything.
    return undefined;
  }
}

function wordsOf(match: XmlElement | undefined, name: string): readonly string[] {
  return elementAt(match, name)?.text.split(/\s+/) ?? [];
}

/** e.g. `Gate 2` of `onvif://www.onvif.org/name/Gate%202`. */
function scopeOf(scopes: readonly string[], kind: string): string {
  const start = `onvif://www.onvif.org/${kind}/`;
  const scope = scopes.find((text) => text.toLowerCase().startsWith(start));
  if (scope === undefined) return '';
  const text = scope.slice(start.length);
  try {
    return shownText(decodeURIComponent(text));
  } catch {
    return shownText(text);
  }
}
