import { entry, errorCatalog } from '#packages/foundation';

/** Requests that the server of the page refuses, and reasons why it does not start. */
export const consoleErrors = errorCatalog({
  'console.bad-request': { status: 400, todo: 'Send what the message asks for.' },
  'console.configuration-closed': entry<{ readonly component: string }>({
    status: 403,
    todo: 'Set AllowConfiguration of edgeml.Console to true in a deployment, or change the setting in a deployment.',
  }),
  'console.forbidden-host': entry<{ readonly host: string }>({
    status: 421,
    todo: 'Open the page as http://127.0.0.1:PORT or http://localhost:PORT, or add the name to HostNames of edgeml.Console.',
  }),
  'console.forbidden-origin': entry<{ readonly origin: string }>({
    status: 403,
    todo: 'Another web page asked for this, and none may. Close it if you do not know it.',
  }),
  'console.method-not-allowed': entry<{ readonly path: string; readonly allow: string }>({
    status: 405,
    todo: 'Use the method that the message names.',
  }),
  'console.no-picture': { status: 415, todo: 'Nothing: a sample need not be a picture, and is uploaded all the same.' },
  'console.no-route': entry<{ readonly path: string }>({ status: 404, todo: 'Open the page at /.' }),
  'console.no-socket': {
    status: 503,
    todo: 'Set EDGEML_AGENT_SOCKET, EDGEML_APP_SOCKET and EDGEML_FEEDBACK_SOCKET; the recipe of edgeml.Console does.',
  },
  'console.no-tools': {
    status: 503,
    todo: 'Try the model on a machine with a checkout: npm start, or edgeml try. For a device, edgeml package makes a component of it, and edgeml deploy brings it there.',
  },
  'console.token-missing': {
    status: 401,
    todo: 'Open the page with the address that npm start prints, or enter the token: it is in work/edgeml.Console/token below the Greengrass root folder, or in the TokenFile.',
  },
  'console.token-needed': entry<{ readonly address: string }>({
    todo: 'Set TokenFile of edgeml.Console to a file that holds a token, or Address to 127.0.0.1 and use SSH port forwarding: ssh -L 8484:127.0.0.1:8484 DEVICE.',
  }),
  'console.token-unusable': entry<{ readonly path: string }>({
    todo: 'Put a token of 16 characters or more into the file, e.g. openssl rand -hex 16, and let the user of the component read it.',
  }),
  'console.too-large': entry<{ readonly maxBytes: number }>({ status: 413, todo: 'Send less.' }),
});
