import { describe, expect, it } from 'vitest';
import { entry, errorCatalog } from './catalog.ts';
import { EdgeError, fromWire } from './edge-error.ts';
import { wireErrorOf } from './wire-error.ts';

const shopErrors = errorCatalog({
  'shop.closed': { todo: 'Come back in the morning.' },
  'shop.full': entry<{ readonly people?: number }>({ status: 503, todo: 'Wait outside.' }),
  'shop.no-bread': entry<{ readonly item: string }>({ status: 404, todo: 'Take rolls.' }),
  'shop.sold-out': entry<{ readonly item: string; readonly left: number }>({ status: 409, todo: 'Order fewer.' }),
});

describe('errorCatalog', () => {
  it('makes errors with the status and the remedy of their code', () => {
    const cause = new Error('no flour');
    const facts = { item: 'bread', left: 2 };
    const error = shopErrors.error('shop.sold-out', 'only 2 are left', { cause, facts });
    expect(error).toBeInstanceOf(EdgeError);
    expect(error).toMatchObject({ code: 'shop.sold-out', status: 409, todo: 'Order fewer.', cause, facts });
    expect(shopErrors.error('shop.closed', 'it is closed')).toMatchObject({ status: undefined, facts: {} });
  });

  it('tells its codes apart, and with them the facts', () => {
    const thrown: unknown = shopErrors.error('shop.sold-out', 'only 2', { facts: { item: 'bread', left: 2 } });
    expect(shopErrors.is(thrown, 'shop.sold-out') && thrown.facts.left + 1).toBe(3);
    expect(shopErrors.is(thrown, 'shop.no-bread')).toBe(false);
    expect(shopErrors.is({ code: 'shop.sold-out' }, 'shop.sold-out')).toBe(false);
  });

  it('takes the facts that the code declares, and no others', () => {
    const either = 'shop.sold-out' as 'shop.no-bread' | 'shop.sold-out';
    // The compiler is what is tested: `npm run types` fails if one of these lines were right.
    // @ts-expect-error no such code
    const unknown = () => shopErrors.error('shop.burned', 'it burned');
    // @ts-expect-error the facts are missing
    const none = shopErrors.error('shop.sold-out', 'no facts');
    // @ts-expect-error a fact is missing
    const few = shopErrors.error('shop.sold-out', 'one fact', { facts: { item: 'bread' } });
    // @ts-expect-error a fact is of another type
    const wrong = shopErrors.error('shop.no-bread', 'wrong fact', { facts: { item: 7 } });
    // @ts-expect-error the code has no facts
    const some = shopErrors.error('shop.closed', 'facts', { facts: { item: 'bread' } });
    // @ts-expect-error either code may be the one that needs `left`
    const half = shopErrors.error(either, 'facts of one code', { facts: { item: 'bread' } });
    const optional = [
      shopErrors.error('shop.full', 'full'),
      shopErrors.error('shop.full', '9', { facts: { people: 9 } }),
    ];
    const both = shopErrors.error(either, 'facts of both', { facts: { item: 'bread', left: 0 } });
    expect(unknown).toThrow(TypeError);
    expect([none, few, wrong, some, half, both, ...optional]).toHaveLength(8);
  });
});

describe('the form on the wire', () => {
  it('carries code, message, remedy and facts, and the status if the code has one', () => {
    const sent = shopErrors.error('shop.no-bread', 'no bread', { facts: { item: 'bread' } });
    expect(JSON.parse(JSON.stringify(sent))).toEqual({
      code: 'shop.no-bread',
      message: 'no bread',
      todo: 'Take rolls.',
      status: 404,
      facts: { item: 'bread' },
    });
    expect(shopErrors.error('shop.closed', 'it is closed').toJSON()).not.toHaveProperty('status');
    expect(fromWire(wireErrorOf(sent))).toEqual(sent);
  });

  it('makes anything else that was thrown an internal error', () => {
    expect(wireErrorOf(new TypeError('x is undefined'))).toMatchObject({
      code: 'internal',
      message: 'x is undefined',
      status: 500,
    });
    expect(wireErrorOf('text')).toMatchObject({ code: 'internal', message: 'text' });
  });
});
