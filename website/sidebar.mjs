import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The navigation of the generator: sections that fold, each page by its first heading. Pages that navigation.json does not list come last, so that
 * none is lost.
 * @param {string} docs folder of the pages
 * @param {readonly { section: string, pages: readonly string[] }[]} navigation
 */
export function sidebar(docs, navigation) {
  const listed = new Set(navigation.flatMap(({ pages }) => pages));
  const others = pagesOf(docs).filter((page) => !listed.has(page));
  const all = others.length > 0 ? [...navigation, { section: 'More pages', pages: others }] : navigation;
  return all.map(({ section, pages }) => ({
    text: section,
    collapsible: true,
    items: pages.map((page) => ({ text: titleOf(docs, page), link: page === 'index' ? '/' : `/${page}` })),
  }));
}

/** @param {string} docs */
function pagesOf(docs) {
  const files = readdirSync(docs, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -'.md'.length));
}

/**
 * @param {string} docs
 * @param {string} page
 */
function titleOf(docs, page) {
  const text = readFileSync(path.join(docs, `${page}.md`), 'utf8');
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (!title) throw new Error(`docs/${page}.md does not begin with a heading: add one, e.g. "# How to …".`);
  const short = title.replaceAll('`', '').replace(/^Tutorial: /, '');
  return `${short.charAt(0).toUpperCase()}${short.slice(1)}`;
}
