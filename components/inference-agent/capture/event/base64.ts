/**
 * Bytes of a base64 text; undefined if it is not one. Takes what files of the old agent hold: surplus or missing `=` at the
 * end (its own files end in a surplus `==`), and line breaks.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const digits = text.replace(/[\r\n\t ]/g, '').replace(/=+$/, '');
  // One digit over makes six bits: no byte.
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return undefined;
  return Buffer.from(digits, 'base64');
}
