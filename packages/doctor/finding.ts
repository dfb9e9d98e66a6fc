/** One thing that was looked at. */
export interface Finding {
  readonly section: Section;
  /** The thing that was checked, e.g. `cuda` or `source gate`. */
  readonly name: string;
  /** `ok`; `info`: only told; `warning`: may explain something; `error`: something that is configured cannot work so. */
  readonly state: 'ok' | 'info' | 'warning' | 'error';
  readonly says: string;
  readonly todo?: string;
}

/** In the order of the report. */
export const SECTIONS = [
  'versions',
  'installed',
  'accelerators',
  'providers',
  'access',
  'clock',
  'disk',
  'ffmpeg',
  'reachability',
] as const;
type Section = (typeof SECTIONS)[number];
