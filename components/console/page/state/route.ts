import { useEffect, useState } from 'preact/hooks';

export const VIEWS = ['live', 'models', 'results', 'samples', 'settings'] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  readonly view: View;
  /** The part of the view that is open, e.g. a source. */
  readonly item: string;
}

export function hrefOf(view: View, item = ''): string {
  return item === '' ? `#/${view}` : `#/${view}/${encodeURIComponent(item)}`;
}

function routeOf(hash: string): Route {
  const [, view = '', item = ''] = /^#\/([a-z]*)\/?(.*)$/.exec(hash) ?? [];
  return { view: VIEWS.find((known) => known === view) ?? 'live', item: decodeURIComponent(item) };
}

/** The address is the state: links, the back button and a bookmark all lead to a view. */
export function useRoute(): Route {
  const [route, setRoute] = useState(routeOf(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
