import { GetIndexingConfigurationCommand, UpdateIndexingConfigurationCommand } from '@aws-sdk/client-iot';
import type { Field, ThingIndexingConfiguration } from '@aws-sdk/client-iot';
import { STATE_SHADOW } from '#packages/heartbeat';
import { awsCall } from '../../aws-call.ts';
import type { CloudClients } from '../../clients.ts';
import { canonicalJson } from '../../digest.ts';
import { requestView } from '../../request-view.ts';
import type { RequestView } from '../../request-view.ts';
import { AGENT_FIELD, SERVES_FIELD, STATE_FIELD } from './query.ts';

/** Fields by which devices are counted; AWS IoT lets an account have five of its own without asking. */
const FIELDS: readonly Field[] = [SERVES_FIELD, AGENT_FIELD, STATE_FIELD].map((name) => ({ name, type: 'String' }));

export interface IndexChange {
  /** Absent: the index has everything already. */
  readonly request?: RequestView;
}

/**
 * Has AWS IoT index the registry, the connections and the shadow of this project. All that the account indexes besides stays: the
 * configuration is one document, and an update replaces it.
 */
export async function enableIndex(
  { iot }: Pick<CloudClients, 'iot'>,
  { signal, dryRun }: { readonly signal: AbortSignal; readonly dryRun: boolean },
): Promise<IndexChange> {
  const sent = { abortSignal: signal };
  const asked = iot.send(new GetIndexingConfigurationCommand({}), sent);
  const found = (await awsCall('GetIndexingConfiguration', asked)).thingIndexingConfiguration;
  const { managedFields: _theirs, ...own } = found ?? {};
  const wanted = withShadow(own);
  if (canonicalJson(own) === canonicalJson(wanted)) return {};
  const command = new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration: wanted });
  if (!dryRun) await awsCall('UpdateIndexingConfiguration', iot.send(command, sent));
  return { request: requestView('iot', command) };
}

function withShadow(found: Partial<ThingIndexingConfiguration>): ThingIndexingConfiguration {
  const { customFields = [], filter, ...rest } = found;
  const names = new Set(customFields.map(({ name }) => name));
  return {
    ...rest,
    thingIndexingMode: 'REGISTRY_AND_SHADOW',
    thingConnectivityIndexingMode: 'STATUS',
    namedShadowIndexingMode: 'ON',
    filter: { ...filter, namedShadowNames: [...new Set([...(filter?.namedShadowNames ?? []), STATE_SHADOW])] },
    customFields: [...customFields, ...FIELDS.filter(({ name }) => !names.has(name))],
  };
}
