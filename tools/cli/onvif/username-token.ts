import { createHash, randomBytes } from 'node:crypto';
import type { HttpLogin } from '#packages/http';
import { escapeXml } from './escape-xml.ts';

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const NONCE_BYTES = 16;

/**
 * The header with which SOAP says who asks, the password as a digest (Web Services Security, UsernameToken Profile 1.0).
 *
 * @param now by the camera's clock, since it refuses digests that are too old; milliseconds since the epoch
 */
export function usernameToken(
  { username, password }: HttpLogin,
  now: number,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): string {
  const created = new Date(now).toISOString();
  const digest = createHash('sha1').update(nonce).update(`${created}${password}`).digest('base64');
  return (
    `<Security xmlns="${WSS}-wssecurity-secext-1.0.xsd" s:mustUnderstand="1"><UsernameToken>` +
    `<Username>${escapeXml(username)}</Username>` +
    `<Password Type="${WSS}-username-token-profile-1.0#PasswordDigest">${digest}</Password>` +
    `<Nonce EncodingType="${WSS}-soap-message-security-1.0#Base64Binary">${Buffer.from(nonce).toString('base64')}</Nonce>` +
    `<Created xmlns="${WSS}-wssecurity-utility-1.0.xsd">${created}</Created>` +
    '</UsernameToken></Security>'
  );
}
