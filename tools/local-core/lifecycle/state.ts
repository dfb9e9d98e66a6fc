import type { ComponentState } from '../ports.ts';

/** States of the nucleus' machine; the last two end a component's life and are never shown. */
export type LifecycleState = ComponentState | 'UNINSTALLING' | 'UNINSTALLED';

/** The reports that a component, or its exit, may make in each state (Lifecycle of the Java nucleus). */
const REPORTABLE: Readonly<Partial<Record<LifecycleState, readonly LifecycleState[]>>> = {
  NEW: ['ERRORED'],
  STARTING: ['RUNNING', 'ERRORED', 'FINISHED'],
  RUNNING: ['ERRORED', 'FINISHED'],
  STOPPING: ['ERRORED', 'FINISHED'],
};

export function mayReport(current: LifecycleState, reported: LifecycleState): boolean {
  return REPORTABLE[current]?.includes(reported) ?? false;
}

/** States without processes, in which a closed component has ended. */
export function isClosable(state: LifecycleState): boolean {
  return ['NEW', 'ERRORED', 'BROKEN', 'FINISHED', 'UNINSTALLED'].includes(state);
}

/** Errors in these states count towards BROKEN. */
export function errorsCount(state: LifecycleState): boolean {
  return state === 'NEW' || state === 'STARTING' || state === 'RUNNING';
}

export function shownState(state: LifecycleState): ComponentState {
  return state === 'UNINSTALLING' || state === 'UNINSTALLED' ? 'FINISHED' : state;
}
