import { ok } from 'node:assert';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { readXml } from './read-xml.ts';
import type { XmlElement } from './read-xml.ts';
import { shownText } from './shown-text.ts';

const ANSWER = `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><t:GetProfilesResponse>
<t:Profiles token="a&amp;b"><t:Name><![CDATA[<main>]]></t:Name></t:Profiles></t:GetProfilesResponse></s:Body></s:Envelope>`;

const target: FuzzTarget = {
  about: 'XML that cameras answer over ONVIF',
  dictionary: [
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '<![CDATA[',
    ']]>',
    '&#x0;',
    '&b;',
    '<?xml',
    '<!--',
    '</',
    '/>',
    'xmlns:',
  ],
  seeds: () => [ANSWER, '<a/>'].map((text) => Uint8Array.from(Buffer.from(text))),
  run(bytes) {
    const text = Buffer.from(bytes).toString();
    const shown = shownText(text);
    ok(shown.length <= 201 && !/[\n\r\u001B]/.test(shown), JSON.stringify(shown));
    let root: XmlElement;
    try {
      root = readXml(text);
    } catch (thrown) {
      ok((thrown as Error).message.startsWith('the XML is refused: '), String((thrown as Error).stack));
      return;
    }
    const depth = ({ children }: XmlElement): number => 1 + Math.max(0, ...children.map(depth));
    ok(depth(root) <= 65, 'it is deeper than allowed');
  },
};
export default target;
