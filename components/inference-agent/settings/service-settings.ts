import type { AgentConfiguration } from '../config.ts';

/** The settings of one service: its own on top of the agent's. */
export interface ServiceSettings {
  /** Alias of the model that answers. */
  readonly alias: string;
  readonly timeoutMs: number;
  readonly queueLength: number;
  /** 0 to 1; see `judgeAnomaly`. */
  readonly anomalySensitivity: number;
}

export function serviceSettings(configuration: AgentConfiguration, service: string): ServiceSettings {
  const own = ownSettings(configuration, service);
  return {
    alias: own?.Model ?? service,
    timeoutMs: 1_000 * (own?.LocalInferenceServiceTimeoutSeconds ?? configuration.LocalInferenceServiceTimeoutSeconds),
    queueLength: own?.QueueLength ?? configuration.QueueLength,
    anomalySensitivity: own?.AnomalySensitivity ?? configuration.AnomalySensitivity,
  };
}

/** Services that the alias answers: the one of its own name first if it has settings, then those that name it. */
export function servicesOf(configuration: AgentConfiguration, alias: string): readonly string[] {
  const answers = (service: string): boolean => serviceSettings(configuration, service).alias === alias;
  const configured = Object.keys(configuration.Services).filter(answers);
  const own = answers(alias) ? [alias] : [];
  const first = ownSettings(configuration, alias) ? own : [];
  return [...new Set([...first, ...configured, ...own])];
}

export type OwnSettings = AgentConfiguration['Services'][string];

/** Settings that a service states itself; undefined if it states none. */
export function ownSettings(configuration: AgentConfiguration, service: string): OwnSettings | undefined {
  return Object.hasOwn(configuration.Services, service) ? configuration.Services[service] : undefined;
}
