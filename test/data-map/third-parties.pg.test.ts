import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueryResult } from 'pg';
import { TAKEN_OUT, isSuspect, namesOthers, withoutOthers } from '../../data-map/third-parties.ts';
import { ownTokens } from '../../data-map/tokens.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { runs } from '../support/property-runs.ts';

const MAYA = [
  { type: 'email', value: 'maya.lindqvist@example.com' },
  { type: 'email', value: "o'brien@example.org" },
  { type: 'phone_number', value: '+1 415 555 0132' },
];

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

interface Cleaned {
  readonly json: unknown;
  readonly suspect: boolean;
  readonly mixed: boolean;
}

/** What becomes of a value of a type of PostgreSQL. */
async function clean(value: string, type: 'text' | 'json' | 'jsonb', identities = MAYA): Promise<Cleaned> {
  const values = [value];
  const bind = (_: string, each: string) => `$${values.push(each)}::text`;
  const own = ownTokens(identities, 'US');
  const bound = own && { token: bind('own', own.token), hint: bind('hint', own.hint) };
  const json = withoutOthers('v', bound, bind);
  const text = `SELECT ${json}::text AS json, ${isSuspect('v', bind)} AS suspect, ${namesOthers(json, bind)} AS mixed
    FROM (SELECT $1::${type} AS v) row`;
  const { rows }: QueryResult<{ json: string; suspect: boolean; mixed: boolean }> = await db.pool.query(text, values);
  const [row] = rows;
  if (!row) throw new Error('There is no row.');
  return { ...row, json: JSON.parse(row.json) };
}

const textOf = async (value: string): Promise<unknown> => (await clean(value, 'text')).json;

describe('a text that names others', () => {
  it.each([
    ['Tomás is at tomas.okonkwo@example.org.', `Tomás is at ${TAKEN_OUT.email}.`],
    ['mailto:tomas@example.org?subject=x', `mailto:${TAKEN_OUT.email}?subject=x`],
    ['<tomas@example.org>, "bob@example.net"', `<${TAKEN_OUT.email}>, "${TAKEN_OUT.email}"`],
    ['maya.lindqvist@example.com.au', TAKEN_OUT.email],
    ['xmaya.lindqvist@example.com', TAKEN_OUT.email],
    ['maya.lindqvist@example.comx', TAKEN_OUT.email],
    ["d'brien@example.org", TAKEN_OUT.email],
    ['日本@例え.jp。', `${TAKEN_OUT.email}。`],
    ['call +44 20 7946 0958 now', `call ${TAKEN_OUT.phone} now`],
    ['(415) 555-0133', TAKEN_OUT.phone],
    ['415.555.0133, 4155550134', `${TAKEN_OUT.phone}, ${TAKEN_OUT.phone}`],
    ['+44 415 555 0132', TAKEN_OUT.phone],
    ['line one\ntomas@example.org\tand "more"\\', `line one\n${TAKEN_OUT.email}\tand "more"\\`],
    ['C:\\new\\tomas@example.org', `C:\\new\\${TAKEN_OUT.email}`],
  ])('loses their addresses and numbers: %j', async (text, expected) => {
    expect(await textOf(text)).toBe(expected);
  });

  it.each([
    'maya.lindqvist@example.com',
    'MAYA.Lindqvist+Tours@Example.COM.',
    '"maya.lindqvist@example.com"; <maya.lindqvist@example.com>',
    "maya.lindqvist@example.com's, o'brien@example.org",
    '“maya.lindqvist@example.com”\u00a0…',
    'line\nmaya.lindqvist@example.com\\',
    '+1 (415) 555-0132 and 415.555.0132, 4155550132/14155550132',
    'Viewing on 2026-03-04 10:30, from 04.03.2026 to 05.03.2026',
    'It costs 1.250.000 at 10.20.30.40',
    'Room 12, 3 p.m., 94110',
  ])('keeps what is not theirs: %j', async (text) => {
    expect(await textOf(text)).toBe(text);
  });

  it('is told from one that does not, and looked at only when it may', async () => {
    expect(await clean('tomas@example.org', 'text')).toMatchObject({ mixed: true, suspect: true });
    expect(await clean('maya.lindqvist@example.com', 'text')).toMatchObject({ mixed: false, suspect: true });
    expect(await clean('Nothing here: 2026', 'text')).toMatchObject({ mixed: false, suspect: false });
  });

  it('has nobody of its own when no identity is known', async () => {
    expect((await clean('maya.lindqvist@example.com', 'text', [])).json).toBe(TAKEN_OUT.email);
  });
});

describe('a JSON column that names others', () => {
  it.each(['json', 'jsonb'] as const)('of type %s stays JSON, and numbers stay numbers', async (type) => {
    const value =
      '{"to": ["tomas@example.org", 4155550133, null], "tel": "4155550133", "by\\n": "x\\nmaya.lindqvist@example.com"}';
    expect((await clean(value, type)).json).toEqual({
      to: [TAKEN_OUT.email, 4155550133, null],
      tel: TAKEN_OUT.phone,
      'by\n': 'x\nmaya.lindqvist@example.com',
    });
  });

  it('may have its only address with the sign escaped', async () => {
    const value = String.raw`{"a": "tomas\u0040example.org"}`;
    expect(await clean(value, 'json')).toMatchObject({ json: { a: TAKEN_OUT.email }, suspect: true });
  });

  it('may have its signs escaped', async () => {
    const value = String.raw`{"a": "tomas\u0040example.org", "b": "maya.lindqvist\u002bx@example.com", "c": "\\u0040 \u0000"}`;
    expect((await clean(value, 'json')).json).toEqual({
      a: TAKEN_OUT.email,
      b: 'maya.lindqvist+x@example.com',
      c: '\\u0040 \u0000',
    });
  });
});

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const address = fc
  .tuple(fc.stringMatching(/^[a-zé0-9][a-z0-9._'+-]{0,8}[a-z0-9]$/), word, fc.constantFrom('com', 'org', 'co.uk'))
  .map(([local, host, end]) => `${local}@${host}.${end}`);
/** What stands between two things that people write, without making one word of them. */
const between = fc.constantFrom(
  ' ',
  ', ',
  '\n',
  ' "',
  '" ',
  ' <',
  '> ',
  '; ',
  '\t',
  ' (',
  ') ',
  '\\ ',
  ' / ',
  '. ',
  ' \u201c',
  '\u201d ',
);
const noise = fc.string({
  unit: fc.constantFrom('a', 'Z', 'é', '漢', '"', '\\', '\n', ' ', '{', '}', ':', ',', 'n', 'u', '0', '😀', '-'),
});
const own = fc.constantFrom(
  'maya.lindqvist@example.com',
  'Maya.Lindqvist+Tours@example.com',
  "O'Brien@example.org",
  '+1 415 555 0132',
  '(415) 555-0132',
  '4155550132',
);
const foreignPhone = fc
  .tuple(
    fc.constantFrom('+49 30 ', '+44 20 ', '(650) ', '650-', '+1650', '0650 '),
    fc.integer({ min: 5550200, max: 5559999 }),
  )
  .map(
    ([start, line]) => `${start}${String(line).slice(0, 3)}${start.endsWith('-') ? '-' : ' '}${String(line).slice(3)}`,
  );

describe('whatever stands in a text', () => {
  const isOwn = (text: string): boolean =>
    /^maya\.lindqvist(\+.*)?@example\.com$|^o'brien(\+.*)?@example\.org$/i.test(text);

  it("comes out without others' addresses and numbers, with all of the person's own, as JSON", async () => {
    const others = fc.oneof(
      address.filter((each) => !isOwn(each)),
      foreignPhone,
    );
    const part = fc.oneof(
      others.map((text) => ({ text, whose: 'other' as const })),
      own.map((text) => ({ text, whose: 'own' as const })),
      noise.map((text) => ({ text, whose: 'nobody' as const })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(part, between), { maxLength: 8 }), async (parts) => {
        const text = ` ${parts.map(([{ text: each }, after]) => `${each}${after}`).join(' ')}`;
        for (const type of ['text', 'jsonb'] as const) {
          const { json, suspect, mixed } = await clean(
            type === 'text' ? text : JSON.stringify({ [text]: [text] }),
            type,
          );
          // What is not suspect is handed over as it is.
          if (mixed) expect(suspect).toBe(true);
          const out = type === 'text' ? String(json) : JSON.stringify(json);
          const shown = (each: string) => (type === 'text' ? each : JSON.stringify(each).slice(1, -1));
          for (const [{ text: each, whose }] of parts) {
            if (whose === 'other') expect(out).not.toContain(shown(each));
            if (whose === 'own') expect(out).toContain(shown(each));
          }
        }
      }),
      { numRuns: runs(300) },
    );
  });
});
