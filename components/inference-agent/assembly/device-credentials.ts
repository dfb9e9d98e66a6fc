import type { Clock } from '#packages/foundation';
import { roleAliasCredentials } from '#packages/object-store';
import type { CredentialSource } from '#packages/object-store';
import type { AgentConfiguration } from '../config.ts';

export interface DeviceCredentialsOptions {
  /** Keys from the token exchange service of Greengrass. */
  readonly exchange: CredentialSource;
  readonly configuration: () => AgentConfiguration;
  readonly clock: Clock;
}

/** Keys for the bucket: by the certificate of an IoT thing if an endpoint for that is configured, else as Greengrass gives them. */
export function deviceCredentials({ exchange, configuration, clock }: DeviceCredentialsOptions): CredentialSource {
  const byCertificate = roleAliasCredentials({
    clock,
    settings: () => {
      const { IotCredentialEndpoint, IotCertificateFile, IotPrivateKeyFile, IotAuthorityFile, IotThingName } =
        configuration();
      return {
        endpoint: IotCredentialEndpoint,
        certificateFile: IotCertificateFile,
        privateKeyFile: IotPrivateKeyFile,
        authorityFile: IotAuthorityFile,
        thingName: IotThingName,
      };
    },
  });
  const chosen = (): CredentialSource => (configuration().IotCredentialEndpoint === '' ? exchange : byCertificate);
  return { get: () => chosen().get(), invalidate: () => chosen().invalidate() };
}
