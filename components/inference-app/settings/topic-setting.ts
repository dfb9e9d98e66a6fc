import { textSetting } from '#packages/foundation';
import { fillTopic } from '#packages/ipc';

const MEANING =
  'is not a topic: use {thing}, {service} and {source} only, no wildcards, 256 bytes and 7 slashes at most';

/** A topic with placeholders; empty: none. */
export function topicSetting() {
  return textSetting().refine(isTopicTemplate, MEANING);
}

function isTopicTemplate(template: string): boolean {
  if (template === '') return true;
  try {
    fillTopic(template, { thing: 't', service: 's', source: 'x' });
    return true;
  } catch {
    return false;
  }
}
