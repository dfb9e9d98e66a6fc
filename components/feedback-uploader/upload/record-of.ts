import { recordKey } from '#packages/samples';
import type { SampleRecord } from '#packages/samples';
import type { SampleHeader } from '../spool/stored-sample.ts';

export interface RecordObject {
  readonly key: string;
  readonly body: Buffer;
}

/** The JSON that lies beside a sample in the bucket. The same bytes for each attempt. */
export function recordOf(header: SampleHeader, thing: string): RecordObject {
  const { id, key, configId, contentType, acceptedAt, because, metadata, prediction } = header;
  const takenAt = Date.parse(metadata['taken-at'] ?? '');
  const record = {
    schemaVersion: 1,
    id,
    object: key.slice(key.lastIndexOf('/') + 1),
    contentType,
    configId,
    thing,
    keptAt: new Date(acceptedAt).toISOString(),
    ...(Number.isNaN(takenAt) ? {} : { takenAt: new Date(takenAt).toISOString() }),
    ...(because === undefined ? {} : { reason: because }),
    ...named('service', metadata['service']),
    ...modelOf(metadata['model']),
    ...named('source', metadata['source']),
    ...deviationOf(metadata['deviation']),
    prediction,
    ...named('shouldBe', metadata['should-be']),
    ...named('redaction', metadata['redaction']),
    metadata,
  } satisfies SampleRecord;
  return { key: recordKey(key), body: Buffer.from(`${JSON.stringify(record)}\n`) };
}

/** `0.0021 brightness`: the share of the baseline that is as unusual, and the feature. */
const DEVIATION = /^(\d\S*) (\S.*)$/;

/** As metadata has it; undefined if there is none. */
export function readDeviation(text: string | undefined): SampleRecord['deviation'] {
  const [, digits, feature = ''] = DEVIATION.exec(text ?? '') ?? [];
  const share = Number(digits ?? NaN);
  return share >= 0 && share <= 1 ? { feature, share } : undefined;
}

function deviationOf(text: string | undefined): Pick<SampleRecord, 'deviation'> {
  const deviation = readDeviation(text);
  return deviation ? { deviation } : {};
}

/** `<name> <version>`, as the application and the agent write it. */
function modelOf(text: string | undefined): Pick<SampleRecord, 'model'> {
  const [, name, version] = /^(.+) (\S+)$/.exec(text ?? '') ?? [];
  return name === undefined || version === undefined ? {} : { model: { name, version } };
}

function named<Name extends string>(name: Name, value: string | undefined): { readonly [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: string };
}
