/** Every item of a paged list, asked for as they are needed. */
export async function* allPages<Item>(
  ask: (nextToken: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let token: string | undefined;
  do {
    const { items, nextToken } = await ask(token);
    yield* items ?? [];
    token = nextToken;
  } while (token !== undefined && token !== '');
}

export interface Page<Item> {
  readonly items: readonly Item[] | undefined;
  readonly nextToken: string | undefined;
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
