import { CONNECTOR_KINDS } from './connector-parameters.ts';
import type { ConnectorKind } from './connector-parameters.ts';
import { migrationErrors } from './errors.ts';

/** A connector of a Greengrass V1 group. */
export interface Connector {
  readonly id: string;
  readonly arn: string;
  /** Undefined for connectors that have nothing to do with machine learning. */
  readonly kind: ConnectorKind | undefined;
  /** Whether it is the build for the Jetson TX2, which alone could use a GPU. */
  readonly hasGpu: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * The connectors in a definition: `{Connectors: […]}`, by itself or as the API gives and takes it, under `Definition` or
 * `InitialVersion`.
 *
 * @throws EdgeError `migrate.unreadable`
 */
export function readDefinition(value: unknown): readonly Connector[] {
  const outer = recordOf(value);
  const { Connectors } = recordOf(outer['Definition'] ?? outer['InitialVersion'] ?? outer);
  if (!Array.isArray(Connectors))
    throw migrationErrors.error('migrate.unreadable', 'there is no list Connectors in it');
  return Connectors.map((one, at) => connectorOf(recordOf(one), at));
}

function connectorOf(connector: Readonly<Record<string, unknown>>, at: number): Connector {
  const arn = connector['ConnectorArn'];
  const [, name = ''] = (typeof arn === 'string' && /:\/connectors\/([^/]+)\/versions\/\d+$/.exec(arn)) || [];
  if (typeof arn !== 'string' || name === '') {
    const message = `connector ${at + 1} has no ConnectorArn like arn:aws:greengrass:REGION::/connectors/NAME/versions/1`;
    throw migrationErrors.error('migrate.unreadable', message);
  }
  const kind = Object.entries(CONNECTOR_KINDS).find(([prefix]) => name.startsWith(prefix))?.[1];
  const id = connector['Id'];
  return {
    id: typeof id === 'string' ? id : name,
    arn,
    kind,
    hasGpu: name.endsWith('JTX2'),
    parameters: recordOf(connector['Parameters'] ?? {}),
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw migrationErrors.error(
    'migrate.unreadable',
    `a JSON object is needed, got ${JSON.stringify(value)?.slice(0, 80)}`,
  );
}
