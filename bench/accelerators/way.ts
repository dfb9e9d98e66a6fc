/** One way to run a model, open. */
export interface Way {
  /** Runs so many times on the same input; milliseconds of each. */
  run(times: number): Promise<readonly number[]>;
  close(): Promise<void>;
}
