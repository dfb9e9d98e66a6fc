/** Where the samples of a configuration go. */
export interface Destination {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly extension?: string | undefined;
}

/** `<prefix>/<id>.<extension>`; without a prefix or an extension their separators are left out too. */
export function objectKey({ prefix, extension }: Destination, id: string): string {
  const folder = (prefix ?? '').replace(/\/+$/, '');
  const suffix = (extension ?? '').replace(/^\./, '');
  return `${folder === '' ? '' : `${folder}/`}${id}${suffix === '' ? '' : `.${suffix}`}`;
}
