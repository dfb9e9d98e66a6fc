export type OptionPair = readonly [name: string, value: string];

/**
 * Divides options that go before `-i` into those of protocol and format, which must reach a URL in a list, and those of the decoder
 * and of ffmpeg itself, which stay words.
 */
export function splitInputOptions(words: readonly string[]): {
  readonly inner: readonly OptionPair[];
  readonly outer: readonly string[];
} {
  const inner: OptionPair[] = [];
  const outer: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const [word = '', value] = words.slice(at, at + 2);
    const name = word.replace(/^-/, '');
    if (!word.startsWith('-') || value === undefined || FLAGS.includes(name)) outer.push(word);
    else {
      if (STAYS_OUTSIDE.test(name)) outer.push(word, value);
      else inner.push([name, value]);
      at++;
    }
  }
  return { inner, outer };
}

/** Options without a value. */
const FLAGS: readonly string[] = ['re', 'autorotate', 'noautorotate', 'copyts', 'start_at_zero', 'accurate_seek'];

/** Sources: ffmpeg(1), "Main options" and "Advanced Video options"; ffmpeg-codecs(1), "Codec options". */
const STAYS_OUTSIDE =
  /^(c|codec|vcodec|hwaccel\w*|init_hw_device|threads|thread_type|flags2?|skip_frame|skip_loop_filter|ec|err_detect|lowres|ss|sseof|t|to|itsoffset|itsscale|readrate\w*|thread_queue_size|protocol_whitelist|protocol_blacklist)(:|$)/;
