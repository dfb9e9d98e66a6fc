import { ListThingsCommand } from '@aws-sdk/client-iot';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { allPages, collect } from '../pages.ts';
import type { Ring, WithAttribute } from './rings.ts';

/** The things that rings by attribute ask for, from the registry: a page for each 250 of them. */
export async function thingsWithAttributes(
  { iot }: Pick<CloudClients, 'iot'>,
  rings: readonly Ring[],
  signal: AbortSignal,
): Promise<WithAttribute> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const ring of rings) {
    if (ring.by !== 'ATTRIBUTE') continue;
    const { name: attributeName, value: attributeValue } = ring;
    const listed = allPages(async (nextToken) => {
      const command = new ListThingsCommand({ attributeName, attributeValue, maxResults: 250, nextToken });
      const answer = await awsCall(`ListThings ${attributeName}`, iot.send(command, { abortSignal: signal }));
      return { items: answer.things, nextToken: answer.nextToken };
    });
    const names = (await collect(listed)).flatMap(({ thingName }) => thingName ?? []);
    found.set(keyOf(attributeName, attributeValue), new Set(names));
  }
  return ({ name, value }) => found.get(keyOf(name, value)) ?? new Set();
}

function keyOf(name: string, value: string): string {
  return `${name}:${value}`;
}
