import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonReading, leftOutReading, mediaReading } from '../../data-map/copy.ts';
import type { Reading } from '../../data-map/copy.ts';
import type { DataMap } from '../../data-map/model.ts';
import { planSearch } from '../../data-map/plan.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { Redaction, SearchOptions } from '../../data-map/search-options.ts';
import { TAKEN_OUT } from '../../data-map/third-parties.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, email, field, key, mapOf } from './fixtures.ts';
import { copied, inSnapshot } from './source.ts';
import { runs } from '../support/property-runs.ts';

const jane = { type: 'email', value: 'jane@example.com' };
const BIG = '9007199254740993';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(`
    CREATE TABLE files (at timestamptz, id bigint, workspace_id text NOT NULL, email text, body text, meta jsonb, object text, score int, PRIMARY KEY (at, id));
    INSERT INTO files VALUES
      ('2026-01-02T03:04:05.678Z', ${BIG}, 'w', 'jane@example.com', 'one, from bob@example.com', '{"cc": ["bob@example.com"]}', 'o/1', 1),
      ('2026-01-02T03:04:05.678Z', 2, 'w', 'jane@example.com', 'two', NULL, 'o/2', 2),
      ('2026-01-03T00:00:00Z', 3, 'w', 'jane@example.com', NULL, '{"cc": ["jane@example.com"]}', NULL, 3)`);
});
afterAll(() => db.drop());

const filesWith = (steward: Record<string, unknown> = {}): DataMap =>
  mapOf(
    collection(
      'files',
      [
        key('at', {}),
        key('id'),
        email(),
        field('body', { steward: { free_text: true } }, { data_categories: ['user.content'] }),
        field(
          'meta',
          { data_type: 'object' },
          { data_categories: ['user.content'], fields: [field('cc', { steward: { free_text: true } })] },
        ),
        field('object', {}, { data_categories: ['system.operations'] }),
        field('score', { steward: { origin: 'derived' } }, { data_categories: ['user.behavior'] }),
      ],
      { media: [{ column: 'object', store: 'crm-media', name_column: 'body' }], ...steward },
    ),
  );
const files = filesWith();
const first = { at: '2026-01-02T03:04:05.678+00:00', id: BIG };

async function read(
  of: (planned: PlannedCollection) => Reading | undefined,
  options: SearchOptions,
  map = files,
): Promise<string> {
  const plan = planSearch(map, 'crm', [jane], options);
  const [planned] = plan.collections;
  if (!planned) throw new Error('The plan is empty.');
  const reading = of(planned);
  if (reading === undefined) return '';
  const texts: string[] = [];
  for (const carrier of ['temp_tables', 'bound_arrays'] as const) {
    texts.push(await inSnapshot(db.pool, plan, 'w', (snapshot) => copied(snapshot, planned, reading), carrier));
  }
  expect(texts[1]).toBe(texts[0]);
  return texts[0] ?? '';
}

const json = async (options: SearchOptions, map?: DataMap): Promise<readonly Record<string, unknown>[]> =>
  (await read(jsonReading, options, map))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const leftOut = async (options: SearchOptions, map?: DataMap): Promise<unknown> => {
  const lines = (await read(leftOutReading, options, map)).split('\n').slice(0, -1);
  const rows = lines.map((line) => JSON.parse(line) as { withheld: boolean; mixed: boolean });
  const count = (which: 'withheld' | 'mixed') => rows.filter((row) => row[which]).length;
  return { withheld: count('withheld'), mixed: count('mixed') };
};
const media = (options: SearchOptions) =>
  read((planned) => planned.media.map((each) => mediaReading(planned, each))[0], options);
const redacting = (...redactions: readonly Omit<Redaction, 'collection'>[]): SearchOptions => ({
  redactions: redactions.map((each) => ({ collection: 'crm.files', ...each })),
});

describe('others in a text', () => {
  it('are taken out of what is handed over, in every column of the text', async () => {
    const [, row] = await json({});
    expect(row).toMatchObject({
      body: `one, from ${TAKEN_OUT.email}`,
      meta: { cc: [TAKEN_OUT.email] },
      email: 'jane@example.com',
    });
    expect(await read(jsonReading, {})).not.toContain('bob@');
    expect(await leftOut({})).toEqual({ withheld: 0, mixed: 1 });
  });

  it('stay and are reported, or stay, where the map says so', async () => {
    expect((await json({}, filesWith({ third_parties: 'flag' })))[1]).toMatchObject({
      body: 'one, from bob@example.com',
    });
    expect(await leftOut({}, filesWith({ third_parties: 'flag' }))).toEqual({ withheld: 0, mixed: 1 });
    expect(await leftOut({}, filesWith({ third_parties: 'include' }))).toEqual({ withheld: 0, mixed: 0 });
  });

  it('are not those whom the person is known to be', async () => {
    const own = [{ type: 'email', value: 'bob@example.com' }];
    expect((await json({ own }))[1]).toMatchObject({ body: 'one, from bob@example.com' });
  });
});

describe('a redaction', () => {
  it('of a row leaves it out of the rows and of the media, and counts it', async () => {
    const options = redacting({ key: first });
    expect((await json(options)).map(({ id }) => id)).toEqual([2, 3]);
    expect(await read(jsonReading, options)).not.toContain(BIG);
    expect(await media(options)).not.toContain('o/1');
    expect(await media(options)).toContain('o/2');
    expect(await leftOut(options)).toEqual({ withheld: 1, mixed: 0 });
  });

  it('of a value leaves null in its place, and nothing of the object that it names', async () => {
    const options = redacting(
      { key: { ...first, id: BIG }, column: 'body' },
      { key: { ...first, id: 2 }, column: 'object' },
    );
    const rows = await json(options);
    expect(rows.map(({ body }) => body)).toEqual(['two', null, null]);
    expect(rows.map(({ object }) => object)).toEqual([null, 'o/1', null]);
    expect(await media(options)).toBe(`{"key":["2026-01-02T03:04:05.678+00:00", ${BIG}],"object":"o/1","name":null}\n`);
  });

  it('of a column leaves it out, with its objects', async () => {
    const options = redacting({ column: 'object' });
    expect(Object.keys((await json(options))[0] ?? {})).not.toContain('object');
    expect(await media(options)).toBe('');
    expect(planSearch(files, 'crm', [jane], options).collections[0]?.handover).toMatchObject({
      redacted: ['object'],
      omitted: [],
    });
  });

  it('of a collection leaves nothing of it', async () => {
    expect(await json(redacting({}))).toEqual([]);
    expect(await media(redacting({}))).toBe('');
    expect(await leftOut(redacting({}))).toEqual({ withheld: 3, mixed: 0 });
    expect(planSearch(files, 'crm', [jane], redacting({})).collections[0]?.handover.withheld).toBe('redacted');
  });

  it.each([
    ['of another collection', { collection: 'crm.other' }],
    ['of a column that there is not', { collection: 'crm.files', column: 'bodies' }],
    ['by a part of the key', { collection: 'crm.files', key: { id: 2 } }],
    ['by more than the key', { collection: 'crm.files', key: { ...first, body: 'x' } }],
  ])('%s is refused, for it would leave nothing out', (_, redaction) => {
    expect(() => planSearch(files, 'crm', [jane], { redactions: [redaction] })).toThrow(InvalidInput);
  });

  it('leaves out what it names and nothing else, whatever is named', async () => {
    const keys = [
      { at: '2026-01-02T03:04:05.678+00:00', id: '2' },
      { at: '2026-01-02T03:04:05.678+00:00', id: BIG },
      { at: '2026-01-03T00:00:00+00:00', id: '3' },
    ];
    const columns = ['email', 'body', 'meta', 'object', 'score'];
    const whole = await read(jsonReading, {});
    const values = whole
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([0, 1, 2]),
        fc.subarray(columns),
        fc.array(fc.tuple(fc.nat({ max: 2 }), fc.constantFrom(...columns))),
        async (rows, withoutColumns, cells) => {
          const options = redacting(
            ...rows.map((row) => ({ key: keys[row] ?? {} })),
            ...withoutColumns.map((column) => ({ column })),
            ...cells.map(([row, column]) => ({ key: keys[row] ?? {}, column })),
          );
          const expected = values.flatMap((value, row) => {
            if (rows.includes(row)) return [];
            const left = Object.entries(value).filter(([column]) => !withoutColumns.includes(column));
            return [
              Object.fromEntries(
                left.map(([column, each]) => [column, cells.some(([r, c]) => r === row && c === column) ? null : each]),
              ),
            ];
          });
          expect(await json(options)).toEqual(expected);
        },
      ),
      { numRuns: runs(40) },
    );
  });
});

describe('a portable package', () => {
  it('has what the person provided or was observed to do, and the objects, and not what was made of it', async () => {
    const [row] = await json({ provided: true });
    expect(Object.keys(row ?? {})).toEqual(['at', 'id', 'email', 'body', 'meta']);
    expect(planSearch(files, 'crm', [jane], { provided: true }).collections[0]?.handover.derived).toEqual([
      'object',
      'score',
    ]);
    expect(await media({ provided: true })).toContain('o/2');
  });

  it('has nothing of a collection that is all made', async () => {
    const made = mapOf(
      collection(
        'files',
        [key('at'), key('id'), email()].map((each) => ({ ...each, data_categories: ['user.derived.score'] })),
      ),
    );
    expect(await json({ provided: true }, made)).toEqual([]);
    expect(planSearch(made, 'crm', [jane], { provided: true }).collections[0]?.handover.withheld).toBe('derived');
  });
});
