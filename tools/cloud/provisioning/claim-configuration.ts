import { stringify } from 'yaml';

export interface ClaimFacts {
  /** Beginning of the name of each device, `<class>-<serial number>`. */
  readonly deviceClass: string;
  /** Name of the provisioning template of AWS IoT. */
  readonly template: string;
  readonly region: string;
  readonly roleAlias: string;
  readonly dataEndpoint: string;
  readonly credentialEndpoint: string;
  /** The Greengrass root on the device. */
  readonly deviceFolder: string;
  readonly user: string;
  readonly accelerator?: string;
  readonly nucleusVersion: string;
  /** The device makes its key itself and sends a certificate signing request. Default: AWS IoT makes the key and sends it. */
  readonly csr?: boolean;
  /** Keys lie in a TPM or another device with PKCS#11. */
  readonly pkcs11?: Pkcs11;
}

interface Pkcs11 {
  /** Path of the library on the device, such as `/usr/lib/x86_64-linux-gnu/libtpm2_pkcs11.so.1`. */
  readonly library: string;
  readonly slot: number;
  /** Label of the key of the claim and of the device's own. */
  readonly label: string;
}

/** The first boot puts the serial number and, of a PKCS#11 token, the PIN of the user here. */
const SERIAL = '@SERIAL@';
const PIN = '@PIN@';

/** Older plug-ins do not know csrPrivateKeyPath: they have the nucleus look for the key of the device here. */
const KEY_FILE = 'privKey.key';

const PLUGIN = 'aws.greengrass.FleetProvisioningByClaim';
const CRYPTO = 'aws.greengrass.crypto.Pkcs11Provider';

/**
 * The file that a nucleus with the fleet provisioning plug-in starts from (AWS IoT Greengrass V2 developer guide, "Configure the AWS IoT fleet
 * provisioning plugin" and "Hardware security integration"). The same for all devices of a class, but for `@SERIAL@` and `@PIN@`.
 */
export function claimConfiguration(facts: ClaimFacts): string {
  const { deviceFolder: root, accelerator, pkcs11 } = facts;
  const claim = `${root}/claim`;
  const object = pkcs11 && `pkcs11:object=${pkcs11.label};type=private`;
  return stringify({
    system: { rootpath: root },
    services: {
      'aws.greengrass.Nucleus': {
        componentType: 'NUCLEUS',
        version: facts.nucleusVersion,
        configuration: {
          runWithDefault: { posixUser: facts.user },
          ...(accelerator === undefined ? {} : { platformOverride: { accelerator } }),
        },
      },
      ...(pkcs11
        ? {
            [CRYPTO]: {
              configuration: { name: 'edgeml', library: pkcs11.library, slot: pkcs11.slot, userPin: PIN },
            },
          }
        : {}),
      [PLUGIN]: {
        configuration: {
          rootPath: root,
          awsRegion: facts.region,
          iotDataEndpoint: facts.dataEndpoint,
          iotCredentialEndpoint: facts.credentialEndpoint,
          iotRoleAlias: facts.roleAlias,
          provisioningTemplate: facts.template,
          deviceId: `${facts.deviceClass}-${SERIAL}`,
          claimCertificatePath: `${claim}/claim.pem.crt`,
          claimCertificatePrivateKeyPath: object ?? `${claim}/claim.pem.key`,
          rootCaPath: `${root}/AmazonRootCA1.pem`,
          templateParameters: { SerialNumber: SERIAL },
          ...(facts.csr || pkcs11
            ? { csrPath: `${claim}/device.csr`, csrPrivateKeyPath: object ?? `${root}/${KEY_FILE}` }
            : {}),
        },
      },
    },
  });
}

/** A script for the first boot, as root: creates the key and the request if the device does that itself, and fills the configuration. */
export function firstBoot({ deviceClass, deviceFolder: root, csr, pkcs11 }: ClaimFacts): string {
  const subject = `"/CN=${deviceClass}-$serial"`;
  const request = pkcs11
    ? [
        '# The key never leaves the token. OpenSSL needs its engine pkcs11 (Debian: libengine-pkcs11-openssl).',
        `PKCS11_MODULE_PATH='${pkcs11.library}' openssl req -new -engine pkcs11 -keyform engine -key "pkcs11:object=${pkcs11.label};type=private;pin-value=$pin" -subj ${subject} -out '${root}/claim/device.csr'`,
      ]
    : csr
      ? [
          `openssl ecparam -name prime256v1 -genkey -noout -out '${root}/${KEY_FILE}'`,
          `openssl req -new -key '${root}/${KEY_FILE}' -subj ${subject} -out '${root}/claim/device.csr'`,
        ]
      : [];
  return [
    '#!/bin/sh',
    '# Fills config.yaml of this device. Run it once as root, then start the nucleus with --init-config config.yaml and the plug-in.',
    'set -eu',
    'umask 077',
    'serial=${1:-$(tr -d "\\0" < /proc/device-tree/serial-number 2>/dev/null || cat /sys/class/dmi/id/product_serial)}',
    `serial=$(printf %s "$serial" | tr -cd 'A-Za-z0-9_-')`,
    '[ -n "$serial" ] || { echo "This device does not tell its serial number: give it as the first word." >&2; exit 1; }',
    ...(pkcs11 ? ['pin=${PKCS11_PIN:?Set PKCS11_PIN to the PIN of the user of the token.}'] : []),
    ...request,
    `sed -e "s/${SERIAL}/$serial/g"${pkcs11 ? ` -e "s/${PIN}/$pin/g"` : ''} config.template.yaml > config.yaml.new`,
    'mv config.yaml.new config.yaml',
    '',
  ].join('\n');
}
