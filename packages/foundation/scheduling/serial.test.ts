import { describe, expect, it } from 'vitest';
import { KeyedSerial } from './keyed-serial.ts';
import { Serial } from './serial.ts';

/** Tasks that note their start and end when told to. */
class Tasks {
  readonly seen: string[] = [];
  readonly #ends = new Map<string, (how: 'well' | 'badly') => void>();

  task(name: string): () => Promise<string> {
    return async () => {
      this.seen.push(`${name} starts`);
      const how = await new Promise<'well' | 'badly'>((resolve) => this.#ends.set(name, resolve));
      this.seen.push(`${name} ends`);
      if (how === 'badly') throw new Error(`${name} failed`);
      return name;
    };
  }

  async end(name: string, how: 'well' | 'badly' = 'well'): Promise<void> {
    this.#ends.get(name)?.(how);
    await turns();
  }
}

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Serial', () => {
  it('runs tasks in order of asking, and the next one after a failure', async () => {
    const [serial, tasks] = [new Serial(), new Tasks()];
    const a = serial.run(tasks.task('a'));
    const failed = expect(a).rejects.toThrow('a failed');
    const b = serial.run(tasks.task('b'));
    await turns();
    expect(tasks.seen).toEqual(['a starts']);

    await tasks.end('a', 'badly');
    await failed;
    expect(tasks.seen).toEqual(['a starts', 'a ends', 'b starts']);

    await tasks.end('b');
    expect(await b).toBe('b');
  });

  it('goes on after a task that throws before it waits for anything', async () => {
    const serial = new Serial();
    const broken = serial.run(() => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(serial.isBusy).toBe(false);
    expect(await serial.run(async () => 1)).toBe(1);
  });

  it('is busy until the last task has ended, and tells when', async () => {
    const [serial, tasks] = [new Serial(), new Tasks()];
    expect(serial.isBusy).toBe(false);
    await serial.idle();

    void serial.run(tasks.task('a')).catch(() => undefined);
    void serial.run(tasks.task('b'));
    let idle = false;
    void serial.idle().then(() => (idle = true));
    await turns();
    await tasks.end('a', 'badly');
    expect([serial.isBusy, idle]).toEqual([true, false]);

    await tasks.end('b');
    expect([serial.isBusy, idle]).toEqual([false, true]);
  });
});

describe('KeyedSerial', () => {
  it('lets tasks of one key take turns, and those of others go on', async () => {
    const [serial, tasks] = [new KeyedSerial(), new Tasks()];
    const all = [serial.run('x', tasks.task('a')), serial.run('x', tasks.task('b')), serial.run('y', tasks.task('c'))];
    await turns();
    expect(tasks.seen).toEqual(['a starts', 'c starts']);

    await tasks.end('a');
    expect(tasks.seen).toEqual(['a starts', 'c starts', 'a ends', 'b starts']);

    await tasks.end('b');
    await tasks.end('c');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  });

  it('is busy while any key is, also right after a failure', async () => {
    const [serial, tasks] = [new KeyedSerial(), new Tasks()];
    const a = serial.run('x', tasks.task('a'));
    const b = serial.run('x', tasks.task('b'));
    const failed = expect(a).rejects.toThrow('a failed');
    await turns();
    await tasks.end('a', 'badly');
    await failed;
    expect(serial.isBusy).toBe(true);

    await tasks.end('b');
    await b;
    expect(serial.isBusy).toBe(false);
    expect(await serial.run('x', async () => 'again')).toBe('again');
  });
});
