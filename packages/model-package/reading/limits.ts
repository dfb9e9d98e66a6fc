/** Bounds on what a package may hold; what passes them is refused before it can fill a disk or the memory. */
export interface PackageLimits {
  /** All files together, unpacked. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Folders within folders. */
  readonly maxDepth: number;
}

export const DEFAULT_PACKAGE_LIMITS: PackageLimits = { maxBytes: 2 * 1024 ** 3, maxFiles: 2_000, maxDepth: 8 };
