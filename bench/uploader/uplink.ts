import { FakeClock } from '../../testing/clock/fake-clock.ts';
import { UplinkBudget } from '../../components/feedback-uploader/upload/uplink-budget.ts';
import { UsageHistory } from '../../components/feedback-uploader/usage/usage-history.ts';
import { startBenchUploader } from './bench-uploader.ts';

export interface BookingFigures {
  readonly bytes: number;
  readonly samples: number;
  /** Bytes that were booked against the budget for each byte that went over the wire. */
  readonly bookedPerSent: number;
}

/** The bytes that uploads really send, headers included, against those that are booked for them. */
export async function measureBooking(bytes: number, samples: number, signal: AbortSignal): Promise<BookingFigures> {
  const uploader = await startBenchUploader({});
  try {
    for (let sample = 0; sample < samples; sample++) {
      const input = Buffer.alloc(bytes, sample);
      await uploader.client.publish('Parts', { input, prediction: [0.4, 0.6] }, { signal });
    }
    for (;;) {
      const text = await uploader.client.metrics({ signal });
      const booked = Number(/uplink_bytes\{period="hour"\} (\d+)/.exec(text)?.[1]);
      const uploaded = Number(/uploaded_total (\d+)/.exec(text)?.[1]);
      if (uploaded === samples) return { bytes, samples, bookedPerSent: booked / uploader.wire.bytes() };
    }
  } finally {
    await uploader.close();
  }
}

export interface BudgetFigures {
  readonly limitBytes: number;
  readonly hours: number;
  /** The most bytes that were sent in any hour, as a share of the limit. Never above 1. */
  readonly worstHour: number;
  /** Bytes sent over all hours, as a share of what the limit allows. */
  readonly used: number;
}

const HOUR_MS = 3_600_000;

/** Catching up after days offline: more waits than the budget of all hours, on a clock that runs by itself. */
export async function measureBudget(limitBytes: number, hours: number, sizes: () => number): Promise<BudgetFigures> {
  const clock = new FakeClock();
  const history = new UsageHistory(clock);
  const budget = new UplinkBudget(clock, history);
  budget.setLimits({ bytesPerHour: limitBytes, bytesPerDay: Infinity });
  const end = clock.monotonic() + hours * HOUR_MS;
  const sent: { readonly at: number; readonly bytes: number }[] = [];
  for (let bytes = sizes(); ; bytes = sizes()) {
    await clock.advance(budget.msUntil(bytes));
    if (clock.monotonic() >= end) break;
    history.add(bytes);
    budget.paceAfter(bytes);
    sent.push({ at: clock.monotonic(), bytes });
  }
  const all = sent.reduce((sum, { bytes }) => sum + bytes, 0);
  return { limitBytes, hours, worstHour: worstHour(sent) / limitBytes, used: all / (limitBytes * hours) };
}

function worstHour(sent: readonly { readonly at: number; readonly bytes: number }[]): number {
  let [most, within, oldest] = [0, 0, 0];
  for (const { at, bytes } of sent) {
    within += bytes;
    for (let first = sent[oldest]; first && first.at <= at - HOUR_MS; first = sent[++oldest]) within -= first.bytes;
    most = Math.max(most, within);
  }
  return most;
}
