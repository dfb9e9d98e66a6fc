/** How long things go on, in simulated hours, and how long is learned. */
export interface Pace {
  readonly knownHours: number;
  /** At most: the next scene begins when every device of the line has told. */
  readonly lightHours: number;
  readonly partHours: number;
  readonly collectHours: number;
  readonly afterHours: number;
  readonly epochs: number;
}

/** A window of four hours, and then two looks at it, tell of a world that has changed, or has not. */
export const PACE: Pace = {
  knownHours: 1,
  lightHours: 3,
  partHours: 9,
  collectHours: 2,
  afterHours: 5,
  epochs: 4,
};
export const HOUR_MS = 3_600_000;
