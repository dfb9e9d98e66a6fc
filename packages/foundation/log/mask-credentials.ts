/** Masks user names and passwords in URLs, camera URLs above all, and what looks like one in their queries, at the sink. */
export function maskCredentials(line: string): string {
  return line
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/"'?#]+@/gi, '$1***@')
    .replace(/([?&][^=&\s"']*(?:pass|pwd|token|secret|auth|key)[^=&\s"']*=)[^&\s"'#]+/gi, '$1***');
}
