import { cliErrors } from '../errors.ts';

/** As signature.json takes it. @throws EdgeError `cli.usage` */
export function requireKeyId(keyId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(keyId)) return keyId;
  throw cliErrors.error('cli.usage', `--key-id is "${keyId}"; give letters, digits and . _ : - only, 128 at most`);
}
