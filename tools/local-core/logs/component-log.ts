import { maskCredentials } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import { RotatingFile } from './rotating-file.ts';
import type { RotationLimits } from './rotating-file.ts';

export type OutputStream = 'stdout' | 'stderr';

/** One line that a component wrote. */
export interface ComponentLine {
  readonly component: string;
  /** Lifecycle section that wrote it, e.g. `run`. */
  readonly section: string;
  readonly stream: OutputStream;
  readonly text: string;
}

/**
 * `<root>/logs/<component>.log` with lines as the nucleus wraps them: stdout at level INFO, stderr at level WARN,
 * the text, then the script that wrote it and the state that the component was in.
 */
export class ComponentLog {
  readonly #file: RotatingFile;
  readonly #component: string;
  readonly #clock: Clock;

  constructor(folder: string, component: string, clock: Clock, limits?: RotationLimits) {
    this.#file = new RotatingFile(folder, component, limits);
    this.#component = component;
    this.#clock = clock;
  }

  get path(): string {
    return this.#file.path;
  }

  output(line: ComponentLine, state: string): void {
    const level = line.stream === 'stdout' ? 'INFO' : 'WARN';
    this.#write(level, line.stream, line.text, line.section, state);
  }

  /** The core's own actions on the component. */
  event(event: string, text: string, section: string, state: string): void {
    this.#write('INFO', event, text, section, state);
  }

  close(): void {
    this.#file.close();
  }

  #write(level: string, event: string, text: string, section: string, state: string): void {
    const time = new Date(this.#clock.now()).toISOString();
    const facts = `{scriptName=services.${this.#component}.lifecycle.${section}, serviceName=${this.#component}, currentState=${state}}`;
    this.#file.append(`${time} [${level}] ${this.#component}: ${event}. ${maskCredentials(text)}. ${facts}`);
  }
}
