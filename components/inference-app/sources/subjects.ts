/** Subject of incidents about whether a source gives images. */
export function sourceSubject(source: string): string {
  return `source ${source}`;
}

export function decodingSubject(source: string): string {
  return `decoding of ${source}`;
}

/** Of a folder: files that nobody reads. */
export function filesSubject(source: string): string {
  return `files of ${source}`;
}

export function journalSubject(source: string): string {
  return `journal of ${source}`;
}

/** The memory that frames lie in. */
export function framesSubject(source: string): string {
  return `frames of ${source}`;
}

export function frameSizeSubject(source: string): string {
  return `frame size of ${source}`;
}

/** JPEGs of frames. */
export function picturesSubject(source: string): string {
  return `pictures of ${source}`;
}

export function clipsSubject(source: string): string {
  return `clips of ${source}`;
}

/** Subjects of every incident about a source. */
export function subjectsOf(source: string): readonly string[] {
  return ALL.map((subjectOf) => subjectOf(source));
}

const ALL = [
  sourceSubject,
  decodingSubject,
  filesSubject,
  journalSubject,
  framesSubject,
  frameSizeSubject,
  picturesSubject,
  clipsSubject,
];
