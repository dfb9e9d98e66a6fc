export { sleep, systemClock } from './clock/clock.ts';
export type { Clock } from './clock/clock.ts';
export { CurrentConfiguration } from './config/current-configuration.ts';
export { defaultConfiguration, describeConfiguration } from './config/describe-configuration.ts';
export type { SettingDescription } from './config/describe-configuration.ts';
export { EditableConfiguration } from './config/editable-configuration.ts';
export type { ConfigurationReport } from './config/editable-configuration.ts';
export { parseConfiguration, refusalOfUnknown, UNKNOWN_KEY } from './config/parse-configuration.ts';
export type { DeepReadonly, UnknownSettings } from './config/parse-configuration.ts';
export type { ConfigurationProblem } from './errors.ts';
export type { SchemaNode } from './config/schema-walk.ts';
export {
  booleanSetting,
  choiceSetting,
  integerSetting,
  listSetting,
  mapSetting,
  numberSetting,
  section,
  textListSetting,
  textSetting,
} from './config/settings.ts';
export { unknownKeys } from './config/unknown-keys.ts';
export { childEnvironment, disableOnnxTelemetry, quietAwsSdk, readEnvironment } from './env.ts';
export type { Environment } from './env.ts';
export { foundationErrors } from './errors.ts';
export { entry, errorCatalog } from './errors/catalog.ts';
export { EdgeError, fromWire, isEdgeError, messageOf } from './errors/edge-error.ts';
export type { Remedy, WireError } from './errors/edge-error.ts';
export { wireErrorOf } from './errors/wire-error.ts';
export { checkedLine, checksumHex, readCheckedLine } from './files/checked-line.ts';
export { filesBelow } from './files/files-below.ts';
export { syncFile, syncFolder } from './files/fsync.ts';
export { hashFile } from './files/hash-file.ts';
export { isDiskFull } from './files/is-disk-full.ts';
export { exists, isMissing, readTextIfAny } from './files/missing.ts';
export { readHashed } from './files/read-hashed.ts';
export type { HashedFile, ReadHashedOptions } from './files/read-hashed.ts';
export { watchFreeDisk } from './files/watch-free-disk.ts';
export { isPartial, replaceAtomically, writeAtomically } from './files/write-atomically.ts';
export { writeAt, writeNewFile } from './files/write-new-file.ts';
export { Incidents } from './log/incidents.ts';
export type { Incident, IncidentFacts, IncidentsOptions } from './log/incidents.ts';
export { levelSwitch } from './log/level-switch.ts';
export { LogFile } from './log/log-file.ts';
export { createLogger, silentLogger } from './log/logger.ts';
export type { Logger, LogLevel } from './log/logger.ts';
export { maskCredentials } from './log/mask-credentials.ts';
export { encodeMessage } from './messages/encode-message.ts';
export { MessageReader } from './messages/message-reader.ts';
export type { MessageLimits } from './messages/message-reader.ts';
export { lazyPackage, requireFile, resolvePackage } from './native-require.ts';
export { SUPPORTED_NODE } from './supported-node.ts';
export { isLoopback } from './network/is-loopback.ts';
export { Backoff } from './scheduling/backoff.ts';
export { fullJitter } from './scheduling/full-jitter.ts';
export { repeat } from './scheduling/repeat.ts';
export type { BackoffOptions } from './scheduling/full-jitter.ts';
export { KeyedSerial } from './scheduling/keyed-serial.ts';
export { Serial } from './scheduling/serial.ts';
export { Waker } from './scheduling/waker.ts';
export { quantile } from './statistics/quantile.ts';
export { closest } from './text/closest.ts';
export { processCounts } from './process/process-counts.ts';
export { PROCESS_METRICS } from './process/process-metrics.ts';
export { watchDescriptors } from './process/watch-descriptors.ts';
export type { ProcessCounts } from './process/process-counts.ts';
