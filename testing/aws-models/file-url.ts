/** Media types of an index page, the one that is read best first (PEP 691, PEP 503). */
export const INDEX_TYPES = 'application/vnd.pypi.simple.v1+json, text/html;q=0.1';

/** The page of a project in a package index. */
export interface IndexPage {
  readonly url: string;
  readonly contentType: string;
  readonly text: string;
}

/** Address of a file that the page lists; undefined if it does not. */
export function fileUrl(page: IndexPage, file: string): URL | undefined {
  const found = page.contentType.includes('json') ? inJson(page.text, file) : inHtml(page.text, file);
  return found === undefined ? undefined : new URL(found, page.url);
}

function inJson(text: string, file: string): string | undefined {
  const { files } = JSON.parse(text) as { files: readonly { readonly filename: string; readonly url: string }[] };
  return files.find(({ filename }) => filename === file)?.url;
}

/** Anchors whose text is the name of the file. */
function inHtml(text: string, file: string): string | undefined {
  const anchors = text.matchAll(/<a\s[^>]*href\s*=\s*["']([^"']*)["'][^>]*>\s*([^<]*?)\s*<\/a>/gi);
  return [...anchors].find(([, , name]) => name === file)?.[1]?.replaceAll('&amp;', '&');
}
