import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { Qos } from './iot-core.ts';
import { SubscriptionTable } from './subscription-table.ts';
import type { TableEntry } from './subscription-table.ts';

function harness() {
  const calls: string[] = [];
  const open = new Map<string, (error?: Error) => void>();
  const table = new SubscriptionTable(
    {
      subscribe(filter, qos, done) {
        calls.push(`subscribe ${filter} ${qos}`);
        open.set(filter, done);
      },
      unsubscribe: (filter) => void calls.push(`unsubscribe ${filter}`),
    },
    silentLogger,
  );
  const add = (filter: string, qos: Qos = 1) => {
    const outcome: { settled?: string; readonly received: string[] } = { received: [] };
    const entry: TableEntry = {
      filter,
      qos,
      listener: ({ topic }) => void outcome.received.push(topic),
      settle: (error) => void (outcome.settled = error?.message ?? 'ok'),
    };
    table.add(entry);
    return { entry, outcome };
  };
  const publish = (topic: string): void => table.dispatch({ topic, payload: new Uint8Array(), retain: false });
  return { calls, table, add, publish, acknowledge: (filter: string, error?: Error) => open.get(filter)?.(error) };
}

describe('SubscriptionTable', () => {
  it('settles a subscription with its acknowledgement, and passes nothing on before', () => {
    const { table, add, publish, acknowledge } = harness();
    table.setOnline(true);
    const { outcome } = add('a/+');
    publish('a/1');
    expect(outcome).toEqual({ received: [] });

    acknowledge('a/+');
    publish('a/2');

    expect(outcome).toEqual({ settled: 'ok', received: ['a/2'] });
  });

  it('subscribes once for filters that nest', () => {
    const { calls, table, add, acknowledge } = harness();
    table.setOnline(true);
    add('a/#');
    acknowledge('a/#');
    const { outcome } = add('a/b');

    expect(calls).toEqual(['subscribe a/# 1']);
    expect(outcome.settled).toBe('ok');
  });

  it('does not let quality 0 serve a subscriber of quality 1', () => {
    const { calls, table, add } = harness();
    table.setOnline(true);
    add('a', 0);
    add('a', 1);

    expect(calls).toEqual(['subscribe a 0', 'subscribe a 1']);
  });

  it('puts the narrow filter in place before it takes the wide one away', () => {
    const { calls, table, add, acknowledge } = harness();
    table.setOnline(true);
    const wide = add('a/#');
    acknowledge('a/#');
    add('a/b');
    table.remove(wide.entry);

    expect(calls).toEqual(['subscribe a/# 1', 'subscribe a/b 1', 'unsubscribe a/#']);
  });

  it('subscribes again on each new connection and keeps delivering', () => {
    const { calls, table, add, publish, acknowledge } = harness();
    table.setOnline(true);
    const { outcome } = add('a');
    acknowledge('a');
    table.setOnline(false);
    table.setOnline(true);
    publish('a');

    expect(calls).toEqual(['subscribe a 1', 'subscribe a 1']);
    expect(outcome.received).toEqual(['a']);
  });

  it('tells every waiting subscriber of a refusal and forgets them', () => {
    const { calls, table, add, acknowledge } = harness();
    table.setOnline(true);
    const first = add('a');
    const second = add('a');
    acknowledge('a', new Error('not allowed'));
    table.setOnline(true);

    expect([first.outcome.settled, second.outcome.settled]).toEqual(['not allowed', 'not allowed']);
    expect(calls).toEqual(['subscribe a 1']);
  });

  it('ignores an acknowledgement that belongs to an earlier connection', () => {
    const { table, add, acknowledge } = harness();
    table.setOnline(true);
    const { outcome } = add('a');
    table.setOnline(false);
    acknowledge('a');

    expect(outcome.settled).toBeUndefined();
  });
});
