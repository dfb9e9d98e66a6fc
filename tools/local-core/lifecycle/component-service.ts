import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

import { timeoutOf } from '../../recipe/lifecycle.ts';
import type { LifecycleStep } from '../../recipe/lifecycle.ts';
import type { ComponentProcesses, RunningScript, ScriptEnd } from './component-processes.ts';
import { consequenceOf } from './definition.ts';
import type { ComponentDefinition } from './definition.ts';
import { DesiredStates } from './desired-states.ts';
import { StateRecord } from './state-record.ts';
import type { Transition } from './state-record.ts';
import { isClosable } from './state.ts';
import type { LifecycleState } from './state.ts';
import { StepRunner } from './step-runner.ts';
import type { StepScripts } from './step-scripts.ts';
import { Wake } from './wake.ts';

export interface ComponentServiceOptions {
  readonly definition: ComponentDefinition;
  readonly processes: ComponentProcesses;
  readonly scripts: StepScripts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether every HARD dependency is RUNNING, FINISHED or STOPPING. */
  readonly dependenciesReady: () => boolean;
  /** Called after every change of state, before anything else happens. */
  readonly onState: (service: ComponentService, from: LifecycleState) => void;
  /** Count errors as systemd does for nucleus lite. Default false. */
  readonly lite?: boolean | undefined;
}

/**
 * One component's state machine, as in the Java nucleus: NEW → install → INSTALLED → wait for dependencies → STARTING →
 * startup or run → RUNNING → STOPPING → shutdown → FINISHED; an error in NEW, STARTING or RUNNING runs `recover` and tries
 * again, the third in a row makes it BROKEN. Requests only change the path of desired states; one loop follows it.
 */
export class ComponentService {
  readonly #options: ComponentServiceOptions;
  readonly #desired = new DesiredStates();
  readonly #record: StateRecord;
  readonly #steps: StepRunner;
  readonly #wake = new Wake();
  readonly #abort = new AbortController();
  readonly ended: Promise<void>;
  #definition: ComponentDefinition;
  #main: RunningScript | undefined;
  /** The shutdown script of the version that runs, kept when it started. */
  #shutdownStep: LifecycleStep | undefined;
  #stoppingFromStartupError = false;
  /** Stopped because a dependency died (BindsTo); nothing but a new request starts it. */
  #boundStop = false;
  #closed = false;
  #uninstall = false;

  constructor(options: ComponentServiceOptions) {
    this.#options = options;
    this.#definition = options.definition;
    this.#record = new StateRecord({ lite: options.lite ?? false });
    this.#steps = new StepRunner(options);
    this.ended = this.#live();
  }

  get name(): string {
    return this.#definition.name;
  }

  get definition(): ComponentDefinition {
    return this.#definition;
  }

  get state(): LifecycleState {
    return this.#record.state;
  }

  /** How often it became BROKEN; tells a new break from an old one. */
  get timesBroken(): number {
    return this.#record.timesBroken;
  }

  /** How often it became RUNNING or FINISHED. */
  get timesStarted(): number {
    return this.#record.timesStarted;
  }

  get timesErrored(): number {
    return this.#record.timesErrored;
  }

  /** How often the state changed; tells whether it stood still between two looks. */
  get changes(): number {
    return this.#record.changes;
  }

  /** The last error, until the component is RUNNING or FINISHED again. */
  get statusReason(): string | undefined {
    return this.#record.lastError;
  }

  get reachedDesiredState(): boolean {
    return this.#desired.reached(this.state);
  }

  /** Whether a dependent may start, or go on running, with this component in its present state. */
  get readyForDependents(): boolean {
    const stopping = this.state === 'STOPPING' && !this.#stoppingFromStartupError;
    return this.state === 'RUNNING' || this.state === 'FINISHED' || stopping;
  }

  requestStart(): void {
    this.#boundStop = false;
    this.#request(() => this.#desired.start());
  }

  requestReinstall(): void {
    this.#uninstall = false;
    this.#boundStop = false;
    this.#request(() => this.#desired.reinstall());
  }

  /** No effect on a component that was never asked to start. */
  requestRestart(): void {
    if (this.#closed || (this.#desired.path.length === 0 && this.state === 'NEW')) return;
    this.#boundStop = false;
    this.#request(() => this.#desired.restart());
  }

  requestStop(): void {
    this.#request(() => this.#desired.stop());
  }

  requestUninstall(): void {
    this.#uninstall = true;
    this.#request(() => this.#desired.uninstall(this.state));
  }

  /** Takes the definition of a deployment; asks for a new installation or a restart where it needs one. */
  redefine(definition: ComponentDefinition): void {
    const consequence = consequenceOf(this.#definition, definition);
    this.#definition = definition;
    if (consequence === 'reinstall' || (consequence === 'restart' && this.state === 'BROKEN')) this.requestReinstall();
    else if (consequence === 'restart') this.requestRestart();
  }

  /** The state that the component reports over IPC. False if the machine does not allow it; the nucleus ignores it then. */
  report(state: 'RUNNING' | 'ERRORED' | 'FINISHED', reason?: string): boolean {
    const accepted = this.#record.report({ to: state, ...(reason === undefined ? {} : { reason }) });
    const facts = { component: this.name, current: this.state, reported: state };
    if (!accepted) this.#options.log.warn(facts, 'component.report-ignored');
    this.#wake.now();
    return accepted;
  }

  /** A dependency changed its state. A HARD one that left RUNNING, FINISHED and STOPPING restarts this component. */
  dependencyChanged(lost: boolean): void {
    if (lost && !this.#boundStop && (this.state === 'STARTING' || this.state === 'RUNNING')) this.requestRestart();
    this.#wake.now();
  }

  /** On nucleus lite: a HARD dependency died, and systemd stops what is bound to it (BindsTo). Nothing starts it again but a deployment. */
  dependencyDied(): void {
    if (this.state !== 'STARTING' && this.state !== 'RUNNING') return;
    this.#boundStop = true;
    this.requestStop();
  }

  /** Stops for good. Resolves when no process is left and the machine has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.requestStop();
    if (this.state === 'NEW') this.#abort.abort(); // an installation is not waited for
    await this.ended;
  }

  #request(change: () => void): void {
    change();
    if (this.#uninstall && !this.#desired.path.includes('UNINSTALLED')) this.#desired.uninstall(this.state);
    this.#wake.now();
  }

  async #live(): Promise<void> {
    await Promise.resolve(); // the owner has the object before the first change of state
    let previous: LifecycleState = this.state;
    while (!(this.#uninstall ? this.state === 'UNINSTALLED' : this.#closed && isClosable(this.state))) {
      const current = this.state;
      const transition = await this.#handle(current, previous).catch((error: unknown) => this.#lost(error));
      if (!transition || transition.to === current) continue;
      previous = current;
      this.#enter(transition);
    }
    await this.#options.processes.stop();
  }

  /** A fault of the core itself must not leave a component, and the deployment that waits for it, hanging. */
  #lost(error: unknown): Transition {
    this.#options.log.error({ component: this.name, state: this.state, error }, 'component.lifecycle-failed');
    return { to: this.#closed ? 'FINISHED' : 'BROKEN', reason: `the core failed: ${messageOf(error)}` };
  }

  #handle(current: LifecycleState, previous: LifecycleState): Promise<Transition | undefined> {
    switch (current) {
      case 'NEW':
        return this.#whileNew();
      case 'INSTALLED':
        return this.#whileInstalled();
      case 'STARTING':
        return this.#whileStarting();
      case 'RUNNING':
        return this.#whileRunning();
      case 'STOPPING':
        return this.#whileStopping();
      case 'FINISHED':
        return this.#whileFinished();
      case 'ERRORED':
        return this.#whileErrored(previous);
      case 'BROKEN':
        return this.#whileBroken(previous);
      case 'UNINSTALLING':
        return this.#whileUninstalling();
      case 'UNINSTALLED':
        return this.#wake.until(() =>
          this.#desired.next('UNINSTALLED') === 'NEW' ? { to: 'NEW' as const } : undefined,
        );
    }
  }

  async #whileNew(): Promise<Transition | undefined> {
    await this.#wake.until(() => (this.#closed ? true : this.#desired.next('NEW')));
    if (this.#closed) return this.#uninstall ? { to: 'UNINSTALLING' } : undefined;
    await this.#options.processes.stop();
    const end = await this.#steps.run('install', this.#definition, { interrupt: this.#abort.signal });
    if (this.#closed) return undefined;
    if (this.#record.reported?.to === 'ERRORED') return this.#record.reported;
    return failed(end) ? { to: 'ERRORED', reason: `install: ${end.description}` } : { to: 'INSTALLED' };
  }

  #whileInstalled(): Promise<Transition | undefined> {
    return this.#wake.until(() => {
      const desired = this.#desired.next('INSTALLED');
      if (this.#closed) return this.#terminated('FINISHED');
      if (desired === undefined) return undefined;
      if (desired !== 'RUNNING') return this.#terminated(desired);
      return this.#options.dependenciesReady() ? { to: 'STARTING' } : undefined;
    });
  }

  async #whileStarting(): Promise<Transition | undefined> {
    const desired = await this.#wake.until(() => this.#desired.next('STARTING'));
    if (desired !== 'RUNNING') return { to: 'STOPPING' };
    if (!this.#options.dependenciesReady()) return { to: 'INSTALLED' };
    this.#shutdownStep = this.#definition.lifecycle.steps.shutdown;
    await this.#options.processes.stop();
    const seconds = timeoutOf(this.#definition.lifecycle, 'startup');
    const limit = this.#steps.limit(seconds, () => this.#wake.now());
    this.#startMain();
    try {
      return await this.#wake.until((): Transition | undefined => {
        if (this.#record.reported) return this.#record.reported;
        if (limit.passed()) return { to: 'ERRORED', reason: `startup: timed out after ${seconds} s` };
        return this.#desired.next('STARTING') === 'RUNNING' ? undefined : { to: 'STOPPING' };
      });
    } finally {
      limit.cancel();
    }
  }

  /** `startup` if there is one, else `run`, else nothing and the component has finished. */
  #startMain(): void {
    const definition = this.#definition;
    const startup = this.#options.scripts.start('startup', definition);
    const main = startup ?? this.#options.scripts.start('run', definition);
    this.#main = main;
    if (!main) {
      this.report('FINISHED');
      return;
    }
    void main.ended.then((end) => this.#mainEnded(main, end));
    if (startup) return;
    this.report('RUNNING');
    const seconds = timeoutOf(definition.lifecycle, 'run');
    const limit = this.#steps.limit(seconds, () => {
      if (this.#main !== main) return;
      this.report('ERRORED', `run: timed out after ${seconds} s`);
    });
    void main.ended.then(() => limit.cancel());
  }

  #mainEnded(main: RunningScript, end: ScriptEnd): void {
    if (this.#main !== main) return;
    const active = this.state === 'STARTING' || this.state === 'RUNNING';
    if (!active) return;
    if (failed(end)) this.report('ERRORED', `${main.section}: ${end.description}`);
    else if (main.section === 'run') this.requestStop();
    else if (this.state === 'STARTING' && !this.#record.reported) this.report('RUNNING');
  }

  #whileRunning(): Promise<Transition | undefined> {
    return this.#wake.until((): Transition | undefined => {
      if (this.#record.reported) return this.#record.reported;
      return this.#desired.next('RUNNING') === undefined ? undefined : { to: 'STOPPING' };
    });
  }

  async #whileStopping(): Promise<Transition | undefined> {
    const inTime = await this.#shutDown();
    this.#stoppingFromStartupError = false;
    if (!inTime) return { to: 'ERRORED', reason: 'shutdown: not done in its time' };
    if (this.#record.reported?.to === 'ERRORED') return this.#record.reported;
    return this.#terminated(this.#desired.take('FINISHED') ?? 'FINISHED');
  }

  #shutDown(): Promise<boolean> {
    this.#main = undefined;
    return this.#steps.shutDown(this.#shutdownStep, this.#definition);
  }

  #whileFinished(): Promise<Transition | undefined> {
    return this.#wake.until(() => {
      if (this.#closed && !this.#uninstall) return { to: 'FINISHED' as const };
      const desired = this.#desired.next('FINISHED');
      return desired && this.#terminated(desired);
    });
  }

  async #whileErrored(previous: LifecycleState): Promise<Transition | undefined> {
    if (!this.#closed) await this.#steps.run('recover', this.#definition);
    if (this.#desired.path.length === 0) this.#desired.start();
    switch (previous) {
      case 'STARTING':
        this.#stoppingFromStartupError = true;
        return { to: 'STOPPING' };
      case 'RUNNING':
        return { to: 'STOPPING' };
      case 'NEW':
        return { to: 'NEW' };
      case 'STOPPING':
        return this.#terminated(this.#desired.take('FINISHED') ?? 'FINISHED');
      default:
        return { to: 'FINISHED' };
    }
  }

  async #whileBroken(previous: LifecycleState): Promise<Transition | undefined> {
    if (previous === 'STARTING' || previous === 'RUNNING') await this.#shutDown();
    await this.#options.processes.stop();
    const desired = await this.#wake.until(() => {
      if (this.#closed && !this.#uninstall) return 'FINISHED' as const;
      const path = this.#desired.path;
      return path.includes('NEW') || path.includes('UNINSTALLED') ? path[0] : undefined;
    });
    if (this.#closed && !this.#uninstall) return undefined;
    if (desired === 'NEW') {
      this.#record.forgetErrors();
      return { to: 'NEW' };
    }
    return { to: 'UNINSTALLING' };
  }

  async #whileUninstalling(): Promise<Transition> {
    const extra = { GREENGRASS_COMPONENT_VERSION: this.#definition.version };
    const end = await this.#steps.run('uninstall', this.#definition, { extra });
    const facts = { component: this.name, reason: end.description };
    if (failed(end)) this.#options.log.error(facts, 'component.uninstall-failed');
    return { to: 'UNINSTALLED' };
  }

  /** Where a component without processes goes next. */
  #terminated(desired: LifecycleState): Transition {
    if (this.#uninstall && this.state === 'FINISHED') return { to: 'UNINSTALLING' };
    if (this.#closed) return { to: 'FINISHED' };
    switch (desired) {
      case 'NEW':
        return { to: 'NEW' };
      case 'INSTALLED':
      case 'RUNNING':
        return { to: 'INSTALLED' };
      case 'UNINSTALLING':
      case 'UNINSTALLED':
        return { to: 'UNINSTALLING' };
      default:
        return { to: 'FINISHED' };
    }
  }

  /** The one place where the state changes. */
  #enter(transition: Transition): void {
    const { clock, log, onState } = this.#options;
    const from = this.#record.enter(transition, clock.now(), this.#definition.lifecycle.errorResetSeconds);
    const to = this.state;
    if (from === 'STARTING' && to === 'FINISHED') this.#desired.stop();
    const facts = { component: this.name, from, to, ...(transition.reason ? { reason: transition.reason } : {}) };
    if (to === 'ERRORED' || to === 'BROKEN') log.error(facts, 'component.state');
    else log.info(facts, 'component.state');
    onState(this, from);
  }
}

function failed(end: ScriptEnd): boolean {
  return end.code !== 0;
}
