import { describe, expect, it } from 'vitest';
import { describeMap } from '../../data-map/describe.ts';
import { mermaidOf } from '../../data-map/drawing/mermaid.ts';
import { svgOf } from '../../data-map/drawing/svg.ts';
import { loadDataMap } from '../../data-map/load.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { collection, dataset, email, field, key, mapFile, mapOf, reference, refers } from './fixtures.ts';

const tenant = { name: 'workspace_id' };

/** Two sources, a way there and back, a media column, a skipped table, and names that no language likes. */
function everything() {
  const crm = dataset([
    collection('contacts', [key('id'), tenant, email(), email('second'), field('photo')], {
      kind: 'People "&" <more>',
      media: [{ column: 'photo', store: 'photos' }],
    }),
    collection('leads', [key('id'), tenant, refers('contact_id', 'contacts.id')]),
    collection('plans', [key('id')], { no_personal_data: 'prices' }),
  ]);
  const invoice = collection('invoices', [
    key('id'),
    tenant,
    field('contact', { references: [reference('crm/contacts.id', 'from')] }),
  ]);
  const erp = { ...dataset([invoice], { source: 'erp' }), fides_key: 'erp', name: 'ERP' };
  const manual = { title: 'Archive', instructions: 'Look in the cellar.', identities: ['email'] };
  const archive = {
    fides_key: 'archive',
    collections: [{ name: 'letters', fields: [email()] }],
    fides_meta: { steward: { manual } },
  };
  return parseDataMap([mapFile(crm, archive), { ...mapFile(erp), name: 'erp.yml' }]);
}

describe('the drawing as Mermaid', () => {
  it('groups by dataset and kind, and marks identities, skipped tables, stores and what crosses sources', () => {
    const lines = mermaidOf(everything())
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        'flowchart LR',
        'subgraph d0 ["CRM"]',
        'subgraph d0k0 ["People #34;#38;#34; #60;more#62;"]',
        'c0(["contacts<br/>email ×2"]):::identity',
        'c2["plans<br/>skipped"]:::skipped',
        's0[("photos")]',
        'c0 -. objects .-> s0',
        'c3["letters<br/>by hand"]:::skipped',
        'c0 -.->|"contact"| c4',
      ]),
    );
  });

  it('draws a way there and back as one arrow with two heads, named by the column that refers', () => {
    const [line] = mermaidOf(everything())
      .split('\n')
      .filter((each) => each.includes('contact_id'));
    expect(line?.trim()).toMatch(/^c[01] <-->\|"contact_id"\| c[01]$/);
  });
});

describe('the drawing as SVG', () => {
  it('has a title, and a description that says all that the picture shows', async () => {
    const svg = await svgOf(everything());
    expect(svg).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg role="img" aria-labelledby="map-title map-description"/,
    );
    expect(svg).toContain('<title id="map-title">The data map</title>');
    const description = /<desc id="map-description">([^<]*)<\/desc>/.exec(svg)?.[1] ?? '';
    for (const said of [
      'contacts (email ×2)',
      'plans (skipped), letters (by hand).',
      'People &quot;&amp;&quot; &lt;more&gt;',
      'in photos',
    ])
      expect(description).toContain(said);
    expect(description).toMatch(/(contacts leads to leads|leads leads to contacts) and back\./);
  });

  it('fetches nothing from elsewhere', async () => {
    const svg = await svgOf(everything());
    expect(svg.replaceAll(/xmlns(:xlink)?="[^"]*"/g, '')).not.toMatch(/https?:/);
  });

  it("shows every collection of the sample CRM's map", async () => {
    const map = await loadDataMap(['data-map/maps/crm.dataset.yml']);
    const svg = await svgOf(map);
    for (const { ref } of describeMap(map).collections) expect(svg).toContain(`>${ref.replace('crm.', '')}</text>`);
  });
});

describe('the description of the map', () => {
  it('says of each collection what it is, how people are found in it, and why it is skipped', () => {
    const { collections, edges, datasets } = describeMap(everything());
    expect(datasets.map(({ key: name, byHand }) => [name, byHand])).toEqual([
      ['crm', false],
      ['archive', true],
      ['erp', false],
    ]);
    expect(collections[3]).toMatchObject({ ref: 'archive.letters', skipped: true, skippedBecause: 'people search it' });
    expect(collections[0]).toMatchObject({
      ref: 'crm.contacts',
      identities: ['email'],
      skipped: false,
      skippedBecause: null,
    });
    expect(collections[2]).toMatchObject({ ref: 'crm.plans', skipped: true, skippedBecause: 'prices' });
    expect(edges).toContainEqual({
      from: 'crm.contacts',
      to: 'erp.invoices',
      on: [{ from: 'id', to: 'contact' }],
      crossesSources: true,
    });
  });

  it('has words for tables that are skipped without a reason', () => {
    const { collections } = describeMap(
      mapOf(collection('a', [], { no_personal_data: true }), collection('b', [], {}, { skip_processing: true })),
    );
    expect(collections.map(({ skippedBecause }) => skippedBecause)).toEqual([
      'the data map says that it holds no personal data',
      'the data map says skip_processing',
    ]);
  });
});
