import { recipeErrors } from '../errors.ts';

/** `plain`: `+` and `#` are ordinary characters. `mqtt`: they are wildcards if they fill a level (mqttproxy only). */
export type PatternStyle = 'plain' | 'mqtt';

export interface ResourcePattern {
  readonly text: string;
  matches(resource: string): boolean;
}

/**
 * A `resources` entry of an accessControl policy.
 * `*` stands for any run of characters, `/` included; `${*}`, `${?}` and `${$}` stand for the character itself;
 * a bare `?` and any other `${` are refused. In mqtt style `+` filling a level stands for one level, a last level `#`
 * for all further ones and for none (`a/#` covers `a`); elsewhere both are ordinary characters.
 * Source: AWS IoT Greengrass v2 developer guide, "Wildcards in authorization policies"; the nucleus' `WildcardTrie`.
 * Throws `authorization.bad-resource`.
 */
export function resourcePattern(text: string, style: PatternStyle): ResourcePattern {
  const tokens = tokenize(text, style);
  return { text, matches: (resource) => run(tokens, resource) };
}

/** A character to match, or one of the wildcards: any run, any run within a level. */
type Token = { readonly kind: 'char'; readonly char: string } | { readonly kind: 'run' } | { readonly kind: 'level' };

function tokenize(text: string, style: PatternStyle): Alternatives {
  if (text === '') throw bad(text, 'it is empty');
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '$' && text[at + 1] === '{') {
      tokens.push({ kind: 'char', char: escaped(text, at) });
      at += 3;
    } else if (char === '?') {
      throw bad(text, '`?` is not a wildcard; write ${?} for the character');
    } else if (char === '*') {
      tokens.push({ kind: 'run' });
    } else if (style === 'mqtt' && char === '+' && fillsLevel(text, at)) {
      tokens.push({ kind: 'level' });
    } else if (style === 'mqtt' && char === '#' && at === text.length - 1 && startsLevel(text, at)) {
      // `a/#` is `a` or `a/` and anything.
      return at === 0 ? [[{ kind: 'run' }]] : [tokens.slice(0, -1), [...tokens, { kind: 'run' }]];
    } else {
      tokens.push({ kind: 'char', char });
    }
  }
  return [tokens];
}

type Alternatives = readonly (readonly Token[])[];

function escaped(text: string, at: number): string {
  const char = text[at + 2];
  if (text[at + 3] !== '}' || (char !== '*' && char !== '?' && char !== '$')) {
    throw bad(text, `"${text.slice(at, at + 4)}" is not an escape; only \${*}, \${?} and \${$} are`);
  }
  return char;
}

const startsLevel = (text: string, at: number): boolean => at === 0 || text[at - 1] === '/';
const fillsLevel = (text: string, at: number): boolean =>
  startsLevel(text, at) && (at === text.length - 1 || text[at + 1] === '/');

function run(alternatives: Alternatives, resource: string): boolean {
  return alternatives.some((tokens) => matchTokens(tokens, resource));
}

/** Walks all positions that the tokens can be at together: time is tokens × characters, whatever the pattern. */
function matchTokens(tokens: readonly Token[], resource: string): boolean {
  let current = reach(tokens, [0]);
  for (const char of splitUnits(resource)) {
    const next: number[] = [];
    for (const position of current) {
      const token = tokens[position];
      if (!token) continue;
      if (token.kind === 'char') {
        if (token.char === char) next.push(position + 1);
      } else if (token.kind === 'run' || char !== '/') {
        next.push(position);
      }
    }
    if (next.length === 0) return false;
    current = reach(tokens, next);
  }
  return current.has(tokens.length);
}

/** Adds the positions behind wildcards, which may stand for nothing. */
function reach(tokens: readonly Token[], positions: readonly number[]): Set<number> {
  const reached = new Set<number>();
  for (let position of positions) {
    reached.add(position);
    while (tokens[position] && tokens[position]?.kind !== 'char') reached.add(++position);
  }
  return reached;
}

/** UTF-16 units, as the pattern is read. */
function* splitUnits(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) yield text.charAt(at);
}

function bad(text: string, reason: string): Error {
  return recipeErrors.error('authorization.bad-resource', `the resource "${text}" is not valid: ${reason}`, {
    facts: { resource: text },
  });
}
