import { describe, expect, it } from 'vitest';
import { parseRecord, recordKey } from './sample-record.ts';

describe('recordKey', () => {
  it.each([
    ['belt-7/ID.jpg', 'belt-7/ID.json'],
    ['ID', 'ID.json'],
    ['a.b/ID', 'a.b/ID.json'],
    ['a/ID.tar.gz', 'a/ID.tar.json'],
    ['a/ID.json', 'a/ID.json.json'],
    ['a/ID.JSON', 'a/ID.JSON.json'],
  ])('of %s is %s', (key, record) => expect(recordKey(key)).toBe(record));
});

describe('parseRecord', () => {
  it.each([
    ['{', /^p\.json is not the record of a sample: .*JSON/],
    ['{"schemaVersion":2}', /\/schemaVersion: /],
    ['{"schemaVersion":1,"id":"a","object":"../a.jpg"}', /\/object: /],
  ])('names the file and what is wrong with %s', (text, message) => {
    expect(() => parseRecord(text, 'p.json')).toThrow(
      expect.objectContaining({ code: 'sampling.record-invalid', message: expect.stringMatching(message) as string }),
    );
  });
});
