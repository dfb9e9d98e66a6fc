const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

/** e.g. `14:03:07` */
export function clockWords(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? '' : CLOCK.format(time);
}

/** e.g. `for 3 min` */
export function sinceWords(iso: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - new Date(iso).getTime()) / 1_000));
  if (seconds < 60) return `for ${seconds} s`;
  if (seconds < 3_600) return `for ${Math.floor(seconds / 60)} min`;
  return `since ${new Date(iso).toLocaleString()}`;
}

/** e.g. `1.4 MB` */
export function sizeWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
