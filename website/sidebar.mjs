import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The navigation of the generator: sections that fold, each page by its first heading.
 * @param {string} docs folder of the pages
 * @param {readonly { section: string, pages: readonly string[] }[]} navigation
 */
export function sidebar(docs, navigation) {
  return navigation.map(({ section, pages }) => ({
    text: section,
    collapsible: true,
    items: pages.map((page) => ({ text: titleOf(docs, page), link: page === 'index' ? '/' : `/${page}` })),
  }));
}

function titleOf(docs, page) {
  const text = readFileSync(path.join(docs, `${page}.md`), 'utf8');
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (!title) throw new Error(`docs/${page}.md does not begin with a heading: add one, e.g. "# How to …".`);
  return title.replaceAll('`', '');
}
