/** Facts of an event on one line: what it says in words first, then `name=value`; errors by their message and code. */
export function factsText(facts: Readonly<Record<string, unknown>>): string {
  const { message, error, ...rest } = facts;
  const parts = [
    ...(typeof message === 'string' ? [oneLine(message)] : []),
    ...(error === undefined ? [] : [errorText(error, message)]),
    ...Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${valueText(value)}`])),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function errorText(error: unknown, message: unknown): string {
  if (typeof error !== 'object' || error === null) return `error=${valueText(error)}`;
  const { message: text, code, cause } = error as { message?: unknown; code?: unknown; cause?: unknown };
  const words =
    typeof text === 'string' && !(typeof message === 'string' && message.includes(text)) ? [oneLine(text)] : [];
  const of = typeof code === 'string' || typeof code === 'number' ? [`(${code})`] : [];
  const below = (cause as { message?: unknown } | undefined)?.message;
  const because = typeof below === 'string' && !String(text).includes(below) ? [`because ${oneLine(below)}`] : [];
  return [...words, ...of, ...because].join(' ');
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s="]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' | ');
}
