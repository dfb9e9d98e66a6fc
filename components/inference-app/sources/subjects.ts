/** What the incidents of one source are about: whether it gives images, what decodes it, which of its files nobody reads. */
export function sourceSubject(source: string): string {
  return `source ${source}`;
}

export function decodingSubject(source: string): string {
  return `decoding of ${source}`;
}

export function filesSubject(source: string): string {
  return `files of ${source}`;
}

/** All of them, and what else is told of a source. */
export function subjectsOf(source: string): readonly string[] {
  return [
    sourceSubject(source),
    decodingSubject(source),
    filesSubject(source),
    `frames of ${source}`,
    `pictures of ${source}`,
  ];
}
