/**
 * While one subscription has two streams, each message comes on both: the first is let through, its twin is not. Messages of equal content
 * that come twice on one stream are two messages.
 */
export class TwinFilter {
  readonly #alone = new Map<string, symbol[]>();

  /** @param stream the stream on which the event came */
  isFirst(stream: symbol, event: unknown): boolean {
    const key = JSON.stringify(event);
    const waiting = this.#alone.get(key) ?? [];
    const twin = waiting.findIndex((other) => other !== stream);
    if (twin >= 0) waiting.splice(twin, 1);
    else this.#alone.set(key, [...waiting, stream]);
    return twin < 0;
  }
}
