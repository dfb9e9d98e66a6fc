import type { IClientPublishOptions, IPublishPacket } from 'mqtt';

import type { IotProperties } from './iot-core.ts';

type PublishProperties = NonNullable<IClientPublishOptions['properties']>;

/** Undefined if there is nothing to say. */
export function toMqtt5(message: IotProperties): PublishProperties | undefined {
  const properties: PublishProperties = {
    ...(message.userProperties ? { userProperties: toUserProperties(message.userProperties) } : {}),
    ...(message.messageExpiryIntervalSeconds === undefined
      ? {}
      : { messageExpiryInterval: message.messageExpiryIntervalSeconds }),
    ...(message.correlationData ? { correlationData: Buffer.from(message.correlationData) } : {}),
    ...(message.responseTopic === undefined ? {} : { responseTopic: message.responseTopic }),
    ...(message.payloadFormat === undefined ? {} : { payloadFormatIndicator: message.payloadFormat === 'UTF8' }),
    ...(message.contentType === undefined ? {} : { contentType: message.contentType }),
  };
  return Object.keys(properties).length > 0 ? properties : undefined;
}

export function fromMqtt5(properties: IPublishPacket['properties']): IotProperties {
  if (!properties) return {};
  return {
    ...(properties.userProperties ? { userProperties: fromUserProperties(properties.userProperties) } : {}),
    ...(properties.messageExpiryInterval === undefined
      ? {}
      : { messageExpiryIntervalSeconds: properties.messageExpiryInterval }),
    ...(properties.correlationData ? { correlationData: properties.correlationData } : {}),
    ...(properties.responseTopic === undefined ? {} : { responseTopic: properties.responseTopic }),
    ...(properties.payloadFormatIndicator === undefined
      ? {}
      : { payloadFormat: properties.payloadFormatIndicator ? 'UTF8' : 'BYTES' }),
    ...(properties.contentType === undefined ? {} : { contentType: properties.contentType }),
  };
}

type UserProperties = Record<string, string | string[]>;

/** A key may come several times; mqtt.js then has a list. */
function toUserProperties(pairs: NonNullable<IotProperties['userProperties']>): UserProperties {
  const grouped = new Map<string, string[]>();
  for (const { key, value } of pairs) grouped.set(key, [...(grouped.get(key) ?? []), value]);
  return Object.fromEntries(
    [...grouped].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

function fromUserProperties(properties: UserProperties): NonNullable<IotProperties['userProperties']> {
  return Object.entries(properties).flatMap(([key, values]) => [values].flat().map((value) => ({ key, value })));
}
