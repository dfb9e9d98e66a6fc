import type { FrameLayout } from './frame-layout.ts';

/** Shares of red and blue in brightness. Sources: ITU-R BT.601-7 (2.5.1), BT.709-6 (3.2), BT.2020-2 (table 4). */
export const LUMA_WEIGHTS: Readonly<Record<FrameLayout['matrix'], { readonly red: number; readonly blue: number }>> = {
  bt601: { red: 0.299, blue: 0.114 },
  bt709: { red: 0.2126, blue: 0.0722 },
  bt2020: { red: 0.2627, blue: 0.0593 },
};
