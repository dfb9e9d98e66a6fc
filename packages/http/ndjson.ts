import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream of bytes into JSON values, one per line. Lines that are not JSON are passed over. */
export function ndjsonLines(onValue: (value: unknown) => void): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (line: string): void => {
    if (line.trim() === '') return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return;
    }
    onValue(value);
  };
  return {
    push(chunk) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    },
    end: () => take(rest + decoder.end()),
  };
}
