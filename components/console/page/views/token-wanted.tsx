import { useState } from 'preact/hooks';
import { setToken } from '../state/token.ts';

/** Asks for the token if the console shows nothing without it. */
export function TokenWanted() {
  const [token, setText] = useState('');
  const enter = (event: Event): void => {
    event.preventDefault();
    setToken(token.trim());
    location.reload();
  };
  return (
    <form class="token-wanted" onSubmit={enter}>
      <label for="token">Token of this console</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        value={token}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" disabled={token.trim() === ''}>
        Continue
      </button>
      <p class="todo">
        It is in <code>work/edgeml.Console/token</code> below the Greengrass root folder, or in the TokenFile of the
        component's configuration.
      </p>
    </form>
  );
}
