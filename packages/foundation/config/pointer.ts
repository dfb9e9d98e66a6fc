/** JSON pointer (RFC 6901) of a path; the whole document is `/`, as people write it. */
export function pointer(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '/';
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
