/** The events of one open subscription, on their way to the component. */
export interface EventStream {
  /** An object, or a payload already made for several subscribers. */
  send(event: object | Uint8Array): void;
  onClose(listener: () => void): void;
}
