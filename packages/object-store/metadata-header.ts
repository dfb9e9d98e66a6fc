/**
 * Values of object metadata travel as HTTP headers, which are ASCII. Others are written as encoded words (RFC 2047), the
 * form in which Amazon S3 itself returns them (S3 User Guide, "User-defined object metadata").
 */
export function metadataHeaders(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, asciiValue(value)]));
}

function asciiValue(value: string): string {
  const isPlain = /^[\x20-\x7e]*$/.test(value) && value.trim() === value && !value.includes('=?');
  return isPlain ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}
