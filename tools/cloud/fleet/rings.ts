import { textDigest } from '../digest.ts';
import { cloudErrors } from '../errors.ts';

/** One stage of a roll-out: a thing group, and which devices are in it. The three ways of Edge Manager's deployment plans, and an attribute of the thing. */
export type Ring = { readonly group: string } & (
  | { readonly by: 'PERCENTAGE'; readonly percentage: number }
  | { readonly by: 'SELECTION'; readonly names: readonly string[] }
  | { readonly by: 'NAMECONTAINS'; readonly text: string }
  | { readonly by: 'ATTRIBUTE'; readonly name: string; readonly value: string }
);

/**
 * Reads `canary=5%`, `canary=gw-1,gw-2`, `hall=*hall-1*` or `canary=@ring:canary`.
 *
 * @throws EdgeError `fleet.ring`
 */
export function parseRing(text: string): Ring {
  const [, group = '', rule = ''] = /^([a-zA-Z0-9:_-]{1,128})=(.+)$/.exec(text) ?? [];
  const percentage = /^(\d+(?:\.\d+)?)%$/.exec(rule)?.[1];
  const part = /^\*(.+)\*$/.exec(rule)?.[1];
  if (group !== '' && percentage !== undefined && Number(percentage) > 0 && Number(percentage) <= 100)
    return { group, by: 'PERCENTAGE', percentage: Number(percentage) };
  if (group !== '' && part !== undefined) return { group, by: 'NAMECONTAINS', text: part };
  const [, name = '', value = ''] = /^@([a-zA-Z0-9_.,/-]{1,128}):([a-zA-Z0-9_.,@/:#=[\]-]{1,800})$/.exec(rule) ?? [];
  if (group !== '' && name !== '') return { group, by: 'ATTRIBUTE', name, value };
  const names = rule.split(',').map((name) => name.trim());
  if (group !== '' && names.every((name) => /^[a-zA-Z0-9:_-]+$/.test(name))) return { group, by: 'SELECTION', names };
  throw cloudErrors.error(
    'fleet.ring',
    `"${text}" is not a ring: name=5%, name=device,device, name=*part of the name* or name=@attribute:value`,
  );
}

/**
 * Puts every device into at most one ring, in the order of the rings. A percentage is of all devices and takes from those that
 * are left, in an order that depends on their names alone: the same devices again, whoever joined the fleet since.
 *
 * @param withAttribute for rings by attribute; default: no thing has any
 * @throws EdgeError `fleet.ring` for a device that does not exist or is asked for twice
 */
export function assignRings(
  things: readonly string[],
  rings: readonly Ring[],
  withAttribute: WithAttribute = () => new Set(),
): ReadonlyMap<string, readonly string[]> {
  const twice = rings.find(({ group }, index) => rings.findIndex((other) => other.group === group) !== index);
  if (twice) throw cloudErrors.error('fleet.ring', `the ring ${twice.group} is there twice`);
  const left = new Set([...things].sort((a, b) => (textDigest(a).hex < textDigest(b).hex ? -1 : 1)));
  const assigned = new Map<string, readonly string[]>();
  for (const ring of rings) {
    const members = membersOf(ring, left, things, withAttribute);
    for (const member of members) left.delete(member);
    assigned.set(ring.group, [...members].sort());
  }
  return assigned;
}

/** The things that have an attribute of that value. */
export type WithAttribute = (attribute: { readonly name: string; readonly value: string }) => ReadonlySet<string>;

function membersOf(
  ring: Ring,
  left: ReadonlySet<string>,
  things: readonly string[],
  withAttribute: WithAttribute,
): readonly string[] {
  switch (ring.by) {
    case 'PERCENTAGE':
      return [...left].slice(0, Math.ceil((ring.percentage / 100) * things.length));
    case 'NAMECONTAINS':
      return [...left].filter((name) => name.includes(ring.text));
    case 'ATTRIBUTE': {
      const having = withAttribute(ring);
      return [...left].filter((name) => having.has(name));
    }
    case 'SELECTION': {
      const missing = ring.names.find((name) => !left.has(name));
      if (missing === undefined) return ring.names;
      const reason = things.includes(missing) ? 'is in an earlier ring' : 'is not in the fleet';
      throw cloudErrors.error('fleet.ring', `${ring.group}: the device ${missing} ${reason}`);
    }
  }
}
