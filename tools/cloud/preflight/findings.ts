/** Which devices of a stage can take the version, by their last heartbeats. */
export interface Preflight {
  readonly fits: number;
  /** Not tried. */
  readonly unfit: readonly DeviceReason[];
  /** Tried all the same: nothing tells whether they can take it. */
  readonly unknown: readonly DeviceReason[];
  /** All of them, if `unknown` names only the first ones. */
  readonly unknownCount?: number;
  /** Components whose artifacts could not be measured, so that nothing is said of their disk. */
  readonly unmeasured: readonly string[];
  /** Devices that an earlier promotion held back and that can take this version. */
  readonly returning: readonly string[];
}

export interface DeviceReason {
  readonly thing: string;
  readonly reason: string;
}

export function unknownIn({ unknown, unknownCount }: Pick<Preflight, 'unknown' | 'unknownCount'>): number {
  return unknownCount ?? unknown.length;
}
