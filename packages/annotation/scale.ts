export interface Canvas {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Sizes of everything that is drawn, from the size of the picture. */
export interface Scale {
  /** Height of capitals. */
  readonly text: number;
  readonly line: number;
  readonly padding: number;
}

export function scaleOf({ width, height }: Canvas): Scale {
  const edge = Math.min(width, height);
  const text = Math.min(28, Math.max(9, edge / 52));
  return { text, line: Math.min(7, Math.max(2, edge / 280)), padding: text * 0.55 };
}
