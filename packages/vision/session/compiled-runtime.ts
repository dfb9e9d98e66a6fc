import type { Runtime } from './session.ts';

/**
 * The backends of compiled models. This release has none: each needs the library of a maker, which cannot be tried without the chip
 * (docs/accelerators.md). The manifest, the choice by hardware and the reasons are there for those who bring one.
 */
export const compiledRuntime: Runtime = {
  whyUnavailable: (provider) =>
    `this release does not have the backend "${provider}" (docs/accelerators.md); add a variant for ONNX Runtime`,
  open: async (_source, provider) => {
    throw new Error(compiledRuntime.whyUnavailable(provider));
  },
};
