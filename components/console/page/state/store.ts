import { useEffect, useState } from 'preact/hooks';
import type { ChallengerReport, ModelStatus, ResultMessage, SourcesReport, SpoolReport } from '#packages/http';
import type { ComponentState, DeviceEvent, LiveLine } from '../../device/live-line.ts';

/** Everything that the page knows. */
export interface PageState {
  readonly connection: 'connecting' | 'open' | 'lost';
  /** Set if the console wants a token before it shows anything. */
  readonly tokenWanted: boolean;
  readonly thing: string;
  readonly viewer: string;
  readonly mayWrite: boolean;
  /** Whether models that are not packaged can be tried here. */
  readonly mayTry: boolean;
  readonly report: SourcesReport | undefined;
  readonly models: readonly ModelStatus[] | undefined;
  readonly challengers: readonly ChallengerReport[];
  /** Newest last. */
  readonly results: readonly ResultMessage[];
  /** Newest last. */
  readonly events: readonly DeviceEvent[];
  readonly components: readonly ComponentState[];
  readonly spool: SpoolReport | undefined;
}

const KEPT_RESULTS = 400;
const KEPT_EVENTS = 200;

let state: PageState = {
  connection: 'connecting',
  tokenWanted: false,
  thing: '',
  viewer: '',
  mayWrite: false,
  mayTry: false,
  report: undefined,
  models: undefined,
  challengers: [],
  results: [],
  events: [],
  components: [],
  spool: undefined,
};
const listeners = new Set<() => void>();

export function readState(): PageState {
  return state;
}

export function changeState(change: Partial<PageState>): void {
  state = { ...state, ...change };
  for (const listener of [...listeners]) listener();
}

/** The connection is new: the device tells all of it again. */
export function beginAnew(): void {
  changeState({ connection: 'open', tokenWanted: false, results: [], events: [] });
}

/** Takes a line of the device in. */
export function takeLine(line: LiveLine): void {
  switch (line.kind) {
    case 'console': {
      const { kind: _kind, ...facts } = line;
      return changeState(facts);
    }
    case 'sources':
      return changeState({ report: line.report });
    case 'models':
      return changeState({ models: line.models });
    case 'challengers':
      return changeState({ challengers: line.challengers });
    case 'results':
      return changeState({ results: [...state.results, ...line.results].slice(-KEPT_RESULTS) });
    case 'events':
      return changeState({ events: [...state.events, ...line.events].slice(-KEPT_EVENTS) });
    case 'health':
      return changeState({ components: line.components });
    case 'spool':
      return changeState({ spool: line.spool });
  }
}

/** The state, and a new drawing whenever it changes. */
export function usePageState(): PageState {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = (): void => draw((count) => count + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return state;
}
