import { createServer } from 'node:http';
import {
  CurrentConfiguration,
  EditableConfiguration,
  Incidents,
  messageOf,
  repeat,
  watchDescriptors,
  wireErrorOf,
} from '#packages/foundation';
import type { Clock, Logger, LogLevel } from '#packages/foundation';
import { createRouter, listenOnPort, openApiRoute, sendError } from '#packages/http';
import type { RouteErrors } from '#packages/http';
import { incidentNews } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import description from '../../schemas/edgeml.Console.openapi.json' with { type: 'json' };
import { apiRoutes } from './api/api-routes.ts';
import { Viewers } from './api/viewers.ts';
import { COMPONENT, consoleConfiguration } from './config.ts';
import type { ConsoleConfiguration } from './config.ts';
import type { Device } from './device/device.ts';
import { DeviceWatch } from './device/device-watch.ts';
import { EventBook } from './device/event-book.ts';
import { consoleErrors } from './errors.ts';
import { AuditLog, visitorOf } from './guard/audit-log.ts';
import { checkRequest, pathOf } from './guard/request-guard.ts';
import { openToken } from './guard/token.ts';
import { readConfiguration } from './read-configuration.ts';
import { announceAddress } from './server/announce-address.ts';
import { metricsRoutes } from './metrics/metrics-routes.ts';
import { pageRoutes } from './server/page-routes.ts';
import { SECURITY_HEADERS } from './server/security-headers.ts';

export interface ConsoleOptions {
  readonly ipc: IpcSession;
  readonly device: Device;
  readonly thing: string;
  readonly workFolder: string;
  /** Folder with the files of the page. */
  readonly page: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly setLogLevel: (level: LogLevel) => void;
}

export interface RunningConsole {
  /** e.g. `http://127.0.0.1:8484` */
  readonly url: string;
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 128;
const DESCRIPTORS_CHECK_MS = 30_000;
const LOOPBACK = ['127.0.0.1', '::1'];

/** @throws EdgeError `config.invalid`, `console.token-needed`, `console.token-unusable`, `socket.failed` */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { ipc, device, thing, workFolder, clock, log, setLogLevel } = options;
  const onChange = incidentNews({ ipc, clock, log, thing, component: COMPONENT });
  const incidents = new Incidents(log, { clock, onChange });
  const stopWatching = repeat(clock, DESCRIPTORS_CHECK_MS, async () => watchDescriptors(incidents));
  const configuration = new CurrentConfiguration(await ipc.getConfiguration(), readConfiguration, incidents);
  setLogLevel(configuration.value.LogLevel);
  const { Address: address, Port, AnyPortIfTaken, TokenFile, TrySocket: trySocket } = configuration.value;
  const isOpen = !LOOPBACK.includes(address);
  if (isOpen && TokenFile === '') {
    const message = `the page would be open to everybody who reaches ${address}: TokenFile is not set`;
    throw consoleErrors.error('console.token-needed', message, { facts: { address } });
  }
  const token = await openToken(TokenFile, workFolder);
  const audit = new AuditLog(workFolder, clock);
  const events = new EventBook();
  const ports = {
    device,
    watch: new DeviceWatch({ device, incidents, events, clock }),
    viewers: new Viewers(audit, clock),
    audit,
    token,
    thing,
    clock,
    trySocket,
    mayConfigure: () => configuration.value.AllowConfiguration,
    own: new EditableConfiguration({ component: COMPONENT, schema: consoleConfiguration, ipc }),
  };
  const routes = [
    ...(await pageRoutes(options.page)),
    ...apiRoutes(ports),
    ...metricsRoutes(device),
    openApiRoute(description),
  ];
  const router = createRouter(routes, { errors: ROUTE_ERRORS, log });
  const server = createServer({ headersTimeout: 10_000 }, (request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    try {
      checkRequest(request, { hostNames: hostNamesOf(configuration.value), token, isOpen });
    } catch (thrown) {
      audit.add(visitorOf(request), { what: 'refused', path: pathOf(request), reason: wireErrorOf(thrown).code });
      // The rest of the connection would be read as a body that nobody takes.
      response.shouldKeepAlive = false;
      return void sendError(response, thrown);
    }
    router(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listenOnPort(server, address, Port).catch((thrown: unknown) => {
    if (!AnyPortIfTaken || !isTaken(thrown)) throw thrown;
    log.warn({ port: Port }, 'console.port-taken');
    return listenOnPort(server, address, 0);
  });
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  await announceAddress(workFolder, { url, token: token.text });
  log.info({ url }, 'console.listening');

  const subscribed = (what: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) => log.warn({ what, reason: messageOf(error) }, 'ipc.not-subscribed'));
  };
  subscribed('events', events.listen(ipc));
  subscribed(
    'configuration',
    ipc.onConfiguration((raw) => {
      try {
        const next = configuration.replace(raw);
        incidents.forget('configuration');
        setLogLevel(next.LogLevel);
        const restartNeeded = Object.entries({
          Address: address,
          Port,
          AnyPortIfTaken,
          TokenFile,
          TrySocket: trySocket,
        })
          .filter(([key, value]) => next[key as keyof ConsoleConfiguration] !== value)
          .map(([key]) => key);
        log.info({ restartNeeded }, 'configuration.applied');
      } catch (error) {
        incidents.opened('configuration', 'configuration.rejected', { error, severity: 'error' });
      }
    }),
  );
  subscribed(
    'configuration validation',
    ipc.validateConfiguration((raw) => configuration.refusalOf(raw)),
  );
  subscribed('state', ipc.updateState('RUNNING'));

  let closed: Promise<void> | undefined;
  return {
    url,
    close: () =>
      (closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        stopWatching();
        device.close();
      })),
  };
}

function isTaken(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
}

function hostNamesOf({ Address: address, HostNames: names }: ConsoleConfiguration): ReadonlySet<string> {
  const shown = address.includes(':') ? `[${address}]` : address;
  return new Set(['localhost', '127.0.0.1', '[::1]', shown, ...names].map((name) => name.toLowerCase()));
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => consoleErrors.error('console.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => consoleErrors.error('console.method-not-allowed', message, { facts }),
  badPath: (message, path) => consoleErrors.error('console.no-route', message, { facts: { path } }),
};
