/** A file, or part of one, whose content follows from the code. */
export interface GeneratedFile {
  /** Relative to the project. */
  readonly path: string;
  readonly content: string;
  /** The content is the target of a symbolic link. */
  readonly link?: boolean;
}
