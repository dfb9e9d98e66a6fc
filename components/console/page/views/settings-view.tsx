import type { PageState } from '../state/store.ts';

export function SettingsView({ state }: { readonly state: PageState; readonly selected: string }) {
  return <p class="empty">{state.mayConfigure ? '' : 'Read-only.'}</p>;
}
