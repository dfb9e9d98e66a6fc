/** Versions of Node.js that the collection runs on: the only place that says so in the code. The README says it once for people. */
export const SUPPORTED_NODE = {
  /** The oldest that the `edgeml` command starts on; see also `engines` in package.json. */
  oldest: '20.19',
  /** Major versions that every build is tested on. */
  tested: [20, 22, 24],
} as const;
