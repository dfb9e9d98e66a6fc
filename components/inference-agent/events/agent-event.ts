import type { WireError } from '#packages/foundation';
import type { DriftFacts, ModelIdentity, NotKept } from '#packages/http';

/** The agent's events, by name. Published on `edgeml/events` and on the MQTT events topic. */
export interface AgentEvents {
  readonly 'model.activated': {
    readonly model: ModelIdentity;
    readonly provider: string;
    readonly variant: string;
    readonly durationMs: number;
  };
  readonly 'model.swapped': {
    readonly from: ModelIdentity;
    readonly to: ModelIdentity;
    readonly swapGapMs: number;
    readonly requestsLost: number;
  };
  readonly 'model.rejected': {
    readonly alias: string;
    readonly path: string;
    readonly error: WireError;
    /** The model that continues serving in its place. */
    readonly serving?: ModelIdentity;
  };
  readonly 'model.rolled-back': { readonly from: ModelIdentity; readonly to: ModelIdentity };
  readonly 'model.retiring': {
    readonly model: ModelIdentity;
    readonly graceSeconds: number;
    /** `component-stopped`: it serves on until a successor does or no version of its component is installed any more. */
    readonly reason: 'asked' | 'component-stopped' | 'package-gone';
  };
  readonly 'model.retired': { readonly model: ModelIdentity };
  readonly 'model.restored': { readonly model: ModelIdentity; readonly provider: string; readonly variant: string };
  readonly 'model.restore-failed': { readonly alias: string; readonly error: WireError };
  /** A restart would not bring back what serves, or only from its source: why, and what it would bring back. It continues being tried. */
  readonly 'model.not-kept': {
    readonly model: ModelIdentity;
    readonly error: WireError;
    readonly restores?: NotKept['restores'];
  };
  /** State that could not be saved before is saved now. */
  readonly 'model.kept': { readonly model: ModelIdentity };
  /** A restart would not know which versions are in quarantine. It continues being tried. */
  readonly 'quarantine.not-kept': { readonly error: WireError };
  readonly 'model.not-forgotten': { readonly model: ModelIdentity; readonly error: WireError };
  readonly 'model.untrusted': { readonly alias: string; readonly path: string; readonly error: WireError };
  /** The configuration or the trusted keys have changed, and the model would not be taken any more. */
  readonly 'model.disallowed': { readonly model: ModelIdentity; readonly error: WireError; readonly servesOn: boolean };
  readonly 'model.untested': { readonly alias: string; readonly path: string };
  readonly 'model.fault': { readonly model: ModelIdentity; readonly reason: string; readonly message: string };
  /** The version died again and again and is not run any more; `former` serves in its place, if there was one. */
  readonly 'model.quarantined': {
    readonly model: ModelIdentity;
    readonly reason: string;
    readonly deaths: number;
    readonly former?: ModelIdentity;
  };
  /** A service sees or says something else than the baseline of its model does: which feature, and by how much. */
  readonly 'model.drifting': DriftFacts & {
    readonly model: ModelIdentity;
    readonly service: string;
    /** Pictures in the window. */
    readonly images: number;
  };
  /** It is as it was, or another model answers. */
  readonly 'model.drift-ended': {
    readonly model: ModelIdentity;
    readonly service: string;
    readonly cause: DriftFacts['cause'];
    readonly reason: string;
    readonly seconds: number;
  };
  /** A model runs beside the one that serves, and answers nobody. */
  readonly 'challenger.activated': {
    readonly model: ModelIdentity;
    readonly provider: string;
    readonly variant: string;
  };
  readonly 'challenger.rejected': { readonly alias: string; readonly path?: string; readonly error: WireError };
  readonly 'challenger.fault': { readonly model: ModelIdentity; readonly reason: string; readonly message: string };
  /** It died again and again and is not run any more; the model that serves is not concerned. */
  readonly 'challenger.quarantined': {
    readonly model: ModelIdentity;
    readonly reason: string;
    readonly deaths: number;
  };
  /** The configuration or the trusted keys have changed, and the challenger was ended. */
  readonly 'challenger.disallowed': { readonly model: ModelIdentity; readonly error: WireError };
  readonly 'challenger.ended': { readonly model: ModelIdentity };
  readonly 'provider.fallback': {
    readonly model: ModelIdentity;
    readonly requested: readonly string[];
    readonly provider: string;
    readonly reasons: readonly { readonly provider: string; readonly reason: string }[];
  };
  /** The device is configured under another name than its thing's. */
  readonly 'device.name-mismatch': { readonly deviceName: string; readonly thing: string };
  readonly 'configuration.rejected': { readonly error: WireError };
  readonly 'configuration.applied': { readonly restartNeeded: readonly string[] };
}

export type AgentEventName = keyof AgentEvents;

/** Tells the world. Never throws and never waits: events are news, not promises. */
export type Announce = <Name extends AgentEventName>(event: Name, facts: AgentEvents[Name]) => void;

/** Names of events that mean trouble; they are logged as warnings. */
export const WARNINGS: readonly AgentEventName[] = [
  'model.rejected',
  'model.restore-failed',
  'model.not-kept',
  'model.not-forgotten',
  'quarantine.not-kept',
  'model.untrusted',
  'model.disallowed',
  'model.untested',
  'model.fault',
  'model.quarantined',
  'model.drifting',
  'challenger.rejected',
  'challenger.fault',
  'challenger.quarantined',
  'challenger.disallowed',
  'provider.fallback',
  'device.name-mismatch',
  'configuration.rejected',
];
