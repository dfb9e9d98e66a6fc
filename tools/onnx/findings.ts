/** Keys that the file does not say and that nobody can know from outside. */
export interface Question {
  /** Keys of model.json that are to be given, e.g. `input.mean`. */
  readonly keys: readonly string[];
  /** The open question, and the usual value, which the proposal has. */
  readonly text: string;
}

/** Collects what a person has to know of a proposal. */
export class Findings {
  readonly notes: string[] = [];
  readonly questions: Question[] = [];

  /** Something to look at. */
  note(text: string): void {
    this.notes.push(text);
  }

  /** Something to answer: until then the proposal holds what is usual. */
  ask(keys: readonly string[], text: string): void {
    this.questions.push({ keys, text });
  }
}
