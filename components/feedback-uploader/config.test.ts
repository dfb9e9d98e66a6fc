import { describe, expect, it } from 'vitest';
import { defaultConfiguration, describeConfiguration, foundationErrors } from '#packages/foundation';
import type { ConfigurationProblem } from '#packages/foundation';
import { readUploaderConfiguration, requestLimitOf, uploaderConfiguration } from './config.ts';

const good = { 's3-bucket-name': 'samples', 'content-type': 'image/jpeg' };
const withMap = (map: unknown) => readUploaderConfiguration({ FeedbackConfigurationMap: map });
const withStrategy = (strategy: unknown) => withMap({ Parts: { ...good, 'sampling-strategy': strategy } });

function problemsOf(read: () => unknown): readonly ConfigurationProblem[] {
  try {
    read();
  } catch (thrown) {
    if (foundationErrors.is(thrown, 'config.invalid')) return thrown.facts.problems;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

const at = (problems: readonly ConfigurationProblem[]) =>
  Object.fromEntries(problems.map(({ pointer, message }) => [pointer, message]));

describe('configuration of the uploader', () => {
  it('starts without any setting, so that the recipe can carry its defaults', () => {
    const defaults = defaultConfiguration(uploaderConfiguration);
    expect(defaults).toMatchObject({ FeedbackConfigurationMap: {}, RequestLimit: '', SpoolMaxMB: 512 });
    expect(readUploaderConfiguration(undefined)).toEqual(defaults);
    expect(describeConfiguration(uploaderConfiguration).every((row) => row.description !== '')).toBe(true);
  });

  it('row 35: takes the map as JSON text and as an object', () => {
    const map = { Parts: good, ConfigID2: { ...good, 's3-prefix': 'a/b', 'file-ext': 'jpg' } };
    expect(withMap(JSON.stringify(map))).toEqual(withMap(map));
    expect(withMap(map).FeedbackConfigurationMap['Parts']).toEqual({ ...good, priority: 5 });
  });

  it('row 35: names the map when its text is not JSON', () => {
    const problems = at(problemsOf(() => withMap('{"Parts": {')));
    expect(problems['/FeedbackConfigurationMap']).toMatch(/^is not valid JSON: .*got "\{/);
    expect(at(problemsOf(() => withMap('[1]')))['/FeedbackConfigurationMap']).toMatch('not an object');
  });

  it('takes an endpoint without TLS on another machine only when told to', () => {
    const S3Endpoint = 'http://10.0.0.7:9000';
    const problems = at(problemsOf(() => readUploaderConfiguration({ S3Endpoint })));
    expect(problems['/S3Endpoint']).toContain('or set S3AllowHttp to true');
    expect(readUploaderConfiguration({ S3Endpoint, S3AllowHttp: true })).toMatchObject({ S3Endpoint });
  });

  it('row 36: checks ConfigIds', () => {
    expect(Object.keys(withMap({ ab: good, [`a${'-'.repeat(62)}`]: good }).FeedbackConfigurationMap)).toHaveLength(2);
    for (const id of ['a', '-ab', 'a_b', 'a'.repeat(64)])
      expect(problemsOf(() => withMap({ [id]: good }))[0]).toEqual({
        pointer: `/FeedbackConfigurationMap/${id}`,
        message: 'this name is not allowed: a ConfigId has 2 to 63 letters, digits and "-"',
      });
  });

  it('row 36: refuses a ConfigId that is given twice', () => {
    const text = `{"Parts": ${JSON.stringify(good)}, "Other": {"Parts": 1}, "Parts": ${JSON.stringify(good)}}`;
    expect(problemsOf(() => withMap(text))[0]?.message).toMatch('has the name "Parts" twice');
    const nested = `{"Parts": ${JSON.stringify({ ...good, 's3-prefix': '"}:{"' })}, "Other": ${JSON.stringify(good)}}`;
    expect(Object.keys(withMap(nested).FeedbackConfigurationMap)).toEqual(['Parts', 'Other']);
  });

  it('row 37: checks bucket and content type, and tells every problem at once', () => {
    const problems = at(
      problemsOf(() =>
        readUploaderConfiguration({
          FeedbackConfigurationMap: {
            Aa: { ...good, 's3-bucket-name': 'Upper_Case' },
            Bb: { 's3-bucket-name': 'b.2' },
            Cc: { ...good, 'content-type': 'jpeg', 'file-ext': 'a/b' },
          },
          RequestLimit: '1000',
          StatusTopic: 'a/#',
        }),
      ),
    );
    expect(problems).toEqual({
      '/FeedbackConfigurationMap/Aa/s3-bucket-name':
        'a bucket name has 3 to 63 of a-z, 0-9, "." and "-", got "Upper_Case"',
      '/FeedbackConfigurationMap/Bb/content-type': 'is required',
      '/FeedbackConfigurationMap/Cc/content-type': 'expected a media type like image/jpeg, got "jpeg"',
      '/FeedbackConfigurationMap/Cc/file-ext': 'expected an extension like jpg, got "a/b"',
      '/RequestLimit': 'expected a number from 0 to 999 as text, or "", got "1000"',
      '/StatusTopic': 'topic "a/#" cannot be used: it holds a wildcard (+ or #), got "a/#"',
    });
  });

  it.each(['samples', 'a.b-c', '123', 'x'.repeat(63)])('row 37: takes the bucket name %s', (name) => {
    expect(withMap({ Parts: { ...good, 's3-bucket-name': name } })).toBeDefined();
  });

  it.each(['image/jpeg', 'application/json', 'audio/ogg', 'text/plain; charset=utf-8'])(
    'row 37: takes the content type %s',
    (type) => expect(withMap({ Parts: { ...good, 'content-type': type } })).toBeDefined(),
  );

  it.each([
    [{ 'strategy-name': 'RANDOM_SAMPLING' }, 'rate', 'is required'],
    [{ 'strategy-name': 'RANDOM_SAMPLING', rate: 1.1 }, 'rate', 'expected number to be <=1, got 1.1'],
    [{ 'strategy-name': 'RANDOM_SAMPLING', rate: -0.1 }, 'rate', 'expected number to be >=0, got -0.1'],
    [{ 'strategy-name': 'LEAST_CONFIDENCE', rate: 0.5 }, 'threshold', 'is required'],
    [{ 'strategy-name': 'LEAST_CONFIDENCE', threshold: 'x' }, 'threshold', 'expected a number, got "x"'],
    [{ 'strategy-name': 'MARGIN', threshold: 2 }, 'threshold', 'expected number to be <=1, got 2'],
    [{ 'strategy-name': 'ENTROPY', threshold: -1 }, 'threshold', 'expected number to be >=0, got -1'],
    [{ 'strategy-name': 'CLASS' }, 'labels', 'is required'],
    [{ 'strategy-name': 'CLASS', labels: [] }, 'labels', 'name at least one class, got []'],
    [{ 'strategy-name': 'ALL', quota: { 'per-day': -1 } }, 'quota/per-day', 'expected number to be >=0, got -1'],
  ])('row 43: refuses %j at %s', (strategy, key, message) => {
    const problems = at(problemsOf(() => withStrategy(strategy)));
    expect(problems).toEqual({ [`/FeedbackConfigurationMap/Parts/sampling-strategy/${key}`]: message });
  });

  it.each([
    { 'strategy-name': 'RANDOM_SAMPLING', rate: '0.5' },
    { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0 },
    { 'strategy-name': 'MARGIN', threshold: '1' },
    { 'strategy-name': 'ENTROPY', threshold: 2 },
    { 'strategy-name': 'CLASS', labels: 'crack, 7' },
    { 'strategy-name': 'NOVELTY' },
    { 'strategy-name': 'ALL', quota: { 'per-hour': '10' } },
  ])('row 43: takes %j', (strategy) => expect(withStrategy(strategy)).toBeDefined());

  it('row 43: names the strategies that there are', () => {
    const [problem] = problemsOf(() => withStrategy({ 'strategy-name': 'RANDOM' }));
    expect(problem?.pointer).toMatch('/FeedbackConfigurationMap/Parts/sampling-strategy');
    expect(problem?.message).toMatch(
      'one of RANDOM_SAMPLING, LEAST_CONFIDENCE, MARGIN, ENTROPY, CLASS, NOVELTY, DISAGREEMENT, DRIFT, ALL',
    );
  });

  it.each([
    ['', undefined],
    ['0', undefined],
    ['10', 10],
    [25, 25],
    ['999', 999],
  ])('row 53: reads the request limit %j as %j', (given, expected) => {
    expect(requestLimitOf(readUploaderConfiguration({ RequestLimit: given }))).toBe(expected);
  });

  it('warns about misspelled keys inside the text of the map', () => {
    const warnings: object[] = [];
    const map = JSON.stringify({ Parts: { ...good, 'sampling-stategy': {} } });
    readUploaderConfiguration({ FeedbackConfigurationMap: map }, (unknown) => warnings.push(...unknown.values()));
    expect(warnings).toEqual([
      expect.objectContaining({
        pointer: '/FeedbackConfigurationMap/Parts/sampling-stategy',
        suggestion: 'sampling-strategy',
      }),
    ]);
  });

  it('reads redaction, and refuses one that hides nothing', () => {
    const redaction = { polygons: '[[[0, 0], [0.5, 0], [0, 0.5]]]', classes: 'person' };
    expect(withMap({ Parts: { ...good, redaction } }).FeedbackConfigurationMap['Parts']?.redaction).toEqual({
      polygons: [
        [
          [0, 0],
          [0.5, 0],
          [0, 0.5],
        ],
      ],
      classes: ['person'],
      mode: 'blur',
      'min-score': 0,
      margin: 0.1,
    });
    const [problem] = problemsOf(() => withMap({ Parts: { ...good, redaction: { mode: 'black' } } }));
    expect(problem?.message).toMatch('nothing would be hidden');
  });
});
