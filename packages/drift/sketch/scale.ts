/** How the values of one feature fall into bins. The edges never change, so that any two histograms of a feature can be added. */
export interface Scale {
  readonly bins: number;
  /** Values outside of the scale count in its first or last bin. */
  binOf(value: number): number;
}

/** Bins of equal width from `low` to `high`. */
export function linearScale(low: number, high: number, bins: number): Scale {
  return { bins, binOf: (value) => clamp(Math.floor(((value - low) / (high - low)) * bins), bins) };
}

/** Bins of equal width in powers of two, `perOctave` of them from one power to the next. For what is compared by its ratio. */
export function octaveScale(lowPower: number, highPower: number, perOctave: number): Scale {
  const bins = (highPower - lowPower) * perOctave;
  return { bins, binOf: (value) => clamp(Math.floor((Math.log2(value) - lowPower) * perOctave), bins) };
}

/** Whole numbers: each has its own bin up to `exact`, from there on each bin is half an octave wide. */
export function countScale(exact: number, bins: number): Scale {
  return {
    bins,
    binOf: (value) => clamp(value <= exact ? value : exact + Math.ceil(2 * Math.log2(value / exact)), bins),
  };
}

function clamp(bin: number, bins: number): number {
  return Math.max(0, Math.min(bins - 1, bin));
}
