// Loaded into every component before its own code (NODE_OPTIONS=--import): its time of day is that of the system, and as many seconds
// more as a file says. Clocks that count from the start of the machine go on, as when NTP sets the time or a battery was empty.
import { readFileSync } from 'node:fs';

const LOOK_MS = 250;
const file = process.env['EDGEML_SOAK_CLOCK'];
const RealDate = Date;
let [shiftMs, lookedAt] = [0, -Infinity];

function now() {
  const at = performance.now();
  if (file !== undefined && at - lookedAt > LOOK_MS) {
    lookedAt = at;
    try {
      shiftMs = Number(readFileSync(file, 'utf8')) * 1_000 || 0;
    } catch {
      // A process of a model may not read the file, and goes by the system's time.
    }
  }
  return RealDate.now() + shiftMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, words, self) => Reflect.construct(target, words.length === 0 ? [now()] : words, self),
  apply: () => new RealDate(now()).toString(),
  get: (target, key, self) => (key === 'now' ? now : Reflect.get(target, key, self)),
});
