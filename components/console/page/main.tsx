import { render } from 'preact';
import { followDevice } from './state/live-connection.ts';
import { takeToken } from './state/token.ts';
import { Page } from './views/page.tsx';

takeToken();
void followDevice();
const root = document.getElementById('page');
if (root) {
  root.textContent = '';
  render(<Page />, root);
}
