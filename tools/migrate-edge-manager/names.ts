export const OLD_COMPONENT = 'aws.greengrass.SageMakerEdgeManager';
export const NEW_COMPONENT = 'edgeml.EdgeManager';

/** Replaces references such as `{aws.greengrass.SageMakerEdgeManager:configuration:/UnixSocketName}` in all texts of a document. */
export function renamed<Value>(value: Value): Value {
  if (typeof value === 'string') return value.replaceAll(`{${OLD_COMPONENT}:`, `{${NEW_COMPONENT}:`) as Value;
  if (Array.isArray(value)) return value.map(renamed) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(inner as unknown)])) as Value;
}

/** Value of a key in whatever case it is written: the Java nucleus does not mind. */
export function at(group: unknown, key: string): unknown {
  if (typeof group !== 'object' || group === null) return undefined;
  return Object.entries(group).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}
