/** An argument is missing or not valid. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** Base of the three exceptions. */
export abstract class EdgeMLException extends Error {
  abstract override readonly name: string;
  /** Stable and documented in docs/errors.md of EdgeML, e.g. `admission.deadline`. */
  readonly code: string;
  /** The remedy. */
  readonly todo: string;

  constructor(message: string, code: string, todo: string, cause?: unknown) {
    super(`${message} [${code}]`, { cause });
    this.code = code;
    this.todo = todo;
  }
}

/** The service could not be asked: it is not deployed, is not running, or did not answer in time. */
export class GreengrassDependencyException extends EdgeMLException {
  override readonly name = 'GreengrassDependencyException';
}

/** The service was asked and could not answer: no image, another type of content, overload, past its time-out. */
export class GreengrassInferenceException extends EdgeMLException {
  override readonly name = 'GreengrassInferenceException';
}

/** The uploader was asked and refused the sample: an unknown configuration, too large, too many at once, disk full. */
export class GreengrassFeedbackException extends EdgeMLException {
  override readonly name = 'GreengrassFeedbackException';
}
