import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../../tools/bundle/project.ts';

export const DOCS = path.join(PROJECT, 'docs');

/** A fenced block of a page. */
export interface Block {
  /** Path below docs/. */
  readonly page: string;
  /** Language, e.g. `json`, and what follows it, e.g. `runnable`. */
  readonly language: string;
  readonly mark: string;
  readonly text: string;
}

/** Paths of all pages below docs/, e.g. `how-to/roll-back.md`. */
export function pages(): readonly string[] {
  return readdirSync(DOCS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
}

export function readPage(page: string): string {
  return readFileSync(path.join(DOCS, page), 'utf8');
}

/** The fenced blocks of all pages. One within a list has its indentation taken away. */
export function blocks(language: string): readonly Block[] {
  return pages().flatMap((page) =>
    [...readPage(page).matchAll(/^( *)```(\w+)(?: +([\w-]+))?\n([\s\S]*?)^\1```$/gm)]
      .map(([, indent = '', found = '', mark = '', text = '']) => ({
        page,
        language: found,
        mark,
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }))
      .filter((block) => block.language === language),
  );
}
