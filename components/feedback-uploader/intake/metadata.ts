import { uploaderErrors } from '../errors.ts';

/** Amazon S3 bounds names and values of user metadata together ("Working with object metadata"); some is ours. */
const MAX_BYTES = 2_048 - 200;

/**
 * Metadata of a request as object metadata: names in lower case, values as text.
 *
 * @throws EdgeError `feedback.bad-sample`
 */
export function objectMetadata(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw bad('it is not a JSON object');
  const entries = Object.entries(given).map(([name, value]) => [metadataName(name), text(name, value)] as const);
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (bytes > MAX_BYTES) throw bad(`it has ${bytes} bytes, ${MAX_BYTES} are allowed`);
  return Object.fromEntries(entries);
}

/** Names travel as part of a header's name. */
function metadataName(name: string): string {
  if (/^[A-Za-z0-9_.-]{1,128}$/.test(name)) return name.toLowerCase();
  throw bad(`the name ${JSON.stringify(name)} may only have letters, digits, "-", "_" and "."`);
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw bad(`${name} is neither a text, a number nor true or false`);
}

function bad(why: string) {
  return uploaderErrors.error('feedback.bad-sample', `the metadata of the sample cannot be used: ${why}`);
}
