import { stringify } from 'yaml';
import { DEVICE_FILES } from './device-files.ts';

export interface NucleusFacts {
  readonly thingName: string;
  readonly region: string;
  readonly roleAlias: string;
  readonly dataEndpoint: string;
  readonly credentialEndpoint: string;
  /** Where the files lie on the device. Default `/greengrass/v2`. */
  readonly deviceFolder: string;
  /** User and group of components, e.g. `ggc_user:ggc_group`. */
  readonly user: string;
  /** Platform attribute that picks a manifest, e.g. `cuda`. */
  readonly accelerator?: string;
  readonly nucleusVersion: string;
}

/**
 * The file that `java -jar Greengrass.jar --init-config` takes (AWS IoT Greengrass V2 developer guide, "Install with manual
 * provisioning").
 */
export function nucleusConfiguration(facts: NucleusFacts): string {
  const { deviceFolder, accelerator } = facts;
  const at = (name: keyof typeof DEVICE_FILES): string => `${deviceFolder}/${DEVICE_FILES[name]}`;
  return stringify({
    system: {
      certificateFilePath: at('certificate'),
      privateKeyPath: at('privateKey'),
      rootCaPath: at('rootCa'),
      rootpath: deviceFolder,
      thingName: facts.thingName,
    },
    services: {
      'aws.greengrass.Nucleus': {
        componentType: 'NUCLEUS',
        version: facts.nucleusVersion,
        configuration: {
          awsRegion: facts.region,
          iotRoleAlias: facts.roleAlias,
          iotDataEndpoint: facts.dataEndpoint,
          iotCredEndpoint: facts.credentialEndpoint,
          runWithDefault: { posixUser: facts.user },
          ...(accelerator === undefined ? {} : { platformOverride: { accelerator } }),
        },
      },
    },
  });
}
