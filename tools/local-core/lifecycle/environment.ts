/** Variables that the core sets for every component. */
export interface CoreEnvironment {
  readonly thingName: string;
  readonly region: string;
  readonly nucleusVersion: string;
  /** Path of the IPC socket as given to the SDK. */
  readonly socketForComponent: string;
  readonly socket: string;
  /** Address of the token-exchange endpoint, once it runs. */
  readonly credentialsUri?: string;
  /** Added by the owner of the core. */
  readonly extra: Readonly<Record<string, string>>;
}

/**
 * Environment of a component's scripts, as on a device. Of the core's own environment only what a device has too goes in:
 * a component that needs more would work here and fail there.
 */
export function componentEnvironment(
  core: CoreEnvironment,
  token: string,
  options: { readonly strictLite: boolean; readonly own: NodeJS.ProcessEnv },
): Readonly<Record<string, string>> {
  return {
    ...inherited(options.own),
    ...core.extra,
    SVCUID: token,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    ...(core.credentialsUri === undefined ? {} : { AWS_CONTAINER_CREDENTIALS_FULL_URI: core.credentialsUri }),
    ...(options.strictLite ? {} : { AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH: core.socket }),
    AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: core.socketForComponent,
    AWS_REGION: core.region,
    AWS_DEFAULT_REGION: core.region,
    AWS_IOT_THING_NAME: core.thingName,
    GGC_VERSION: core.nucleusVersion,
    GG_ROOT_CA_PATH: '',
  };
}

const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'JAVA_HOME'];

function inherited(own: NodeJS.ProcessEnv): Record<string, string> {
  const pairs = INHERITED.flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...Object.fromEntries(pairs) };
}
