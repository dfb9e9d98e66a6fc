import sax from 'sax';

/** An element without its namespace: cameras choose prefixes as they like. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed. */
  readonly text: string;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 100_000;

/**
 * Reads an XML document of somebody who is not trusted. A document type is refused, as SOAP does: without one there are no entities
 * to expand and no files to fetch.
 *
 * @throws Error that says what is wrong
 */
export function readXml(text: string): XmlElement {
  const top = open('', {});
  const path = [top];
  let elements = 0;
  const xml = sax.parser(true, { position: false });
  xml.ondoctype = () => refuse('it has a document type');
  xml.onerror = (error) => refuse(error.message.split('\n')[0] ?? '');
  xml.onopentag = ({ name, attributes }) => {
    if (path.length > MAX_DEPTH) refuse(`its elements are nested more than ${MAX_DEPTH} deep`);
    if (++elements > MAX_ELEMENTS) refuse(`it has more than ${MAX_ELEMENTS} elements`);
    const element = open(local(name), attributes as Readonly<Record<string, string>>);
    path.at(-1)!.children.push(element);
    path.push(element);
  };
  xml.ontext = xml.oncdata = (words) => {
    path.at(-1)!.text += words;
  };
  xml.onclosetag = () => {
    const element = path.pop()!;
    element.text = element.text.trim();
  };
  xml.write(text).close();
  const [root] = top.children;
  return root ?? refuse('it is empty');
}

/** The first element at a path of names below `element`; undefined if there is none. */
export function elementAt(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => childrenOf(at, name)[0], element);
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

interface OpenElement extends XmlElement {
  readonly children: OpenElement[];
  text: string;
}

function open(name: string, attributes: Readonly<Record<string, string>>): OpenElement {
  return { name, attributes, children: [], text: '' };
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function refuse(why: string): never {
  throw new Error(`the XML is refused: ${why}`);
}
