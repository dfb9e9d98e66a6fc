import type { PageState } from '../state/store.ts';

export function DropImage(_: { readonly state: PageState }) {
  return null;
}
