import { describe, expect, it } from 'vitest';
import { collectionsOf } from '../../data-map/model.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { arrow, collection, dataset, email, field, key, mapFile, mapOf, reference, refers } from './fixtures.ts';
import type { Json } from './fixtures.ts';

const contacts = collection('contacts', [key('id'), email()]);

describe('references', () => {
  const edges = (...more: readonly Json[]) => mapOf(contacts, ...more).edges.map(arrow);

  it('flow from the referenced field, to it, or both ways', () => {
    expect(edges(collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'from')]))).toEqual([
      'crm.contacts.id -> crm.notes.contact_id',
    ]);
    expect(edges(collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'to')]))).toEqual([
      'crm.notes.contact_id -> crm.contacts.id',
    ]);
    expect(edges(collection('notes', [key('id'), refers('contact_id', 'contacts.id')]))).toEqual([
      'crm.contacts.id -> crm.notes.contact_id',
      'crm.notes.contact_id -> crm.contacts.id',
    ]);
  });

  it('count once when both ends declare them', () => {
    const map = mapOf(
      collection('contacts', [key('id', { references: [reference('notes.contact_id', 'to')] }), email()]),
      collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'from')]),
    );
    expect(map.edges.map(arrow)).toEqual(['crm.contacts.id -> crm.notes.contact_id']);
  });

  it('reach into JSON columns', () => {
    const events = collection('events', [
      key('id'),
      field(
        'payload',
        { data_type: 'object' },
        { fields: [field('actor', {}, { fields: [refers('id', 'contacts.id', 'from')] })] },
      ),
    ]);
    expect(edges(events)).toEqual(['crm.contacts.id -> crm.events.payload.actor.id']);
  });

  it('of several fields to a whole composite key are one', () => {
    const lines = collection('lines', [key('workspace_id'), key('invoice_id'), key('position')]);
    const remarks = collection('remarks', [
      key('id'),
      refers('workspace_id', 'lines.workspace_id', 'from'),
      refers('invoice_id', 'lines.invoice_id', 'from'),
      refers('line', 'lines.position', 'from'),
    ]);
    expect(edges(lines, remarks)).toEqual(['crm.lines.invoice_id+position -> crm.remarks.invoice_id+line']);
  });

  it('to a part of a composite key stay single', () => {
    const lines = collection('lines', [key('invoice_id'), key('position')]);
    expect(edges(lines, collection('remarks', [key('id'), refers('invoice_id', 'lines.invoice_id', 'from')]))).toEqual([
      'crm.lines.invoice_id -> crm.remarks.invoice_id',
    ]);
  });

  it('that are marked as not followed give no edge', () => {
    const owner = refers('owner_id', 'contacts.id', 'from', { steward: { not_followed: 'an employee' } });
    const map = mapOf(contacts, collection('notes', [key('id'), owner]));
    expect(map.edges).toEqual([]);
    expect(collectionsOf(map)[1]?.fields[1]?.notFollowed).toBe('an employee');
  });

  it('between tenant columns are not followed, except to the one row that is the workspace', () => {
    const workspaces = collection('workspaces', [key('id')], { tenant: 'id' });
    const map = mapOf(
      collection('contacts', [key('id'), email(), refers('workspace_id', 'workspaces.id', 'to')]),
      collection('notes', [key('id'), refers('workspace_id', 'contacts.workspace_id')]),
      workspaces,
    );
    expect(map.edges.map(arrow)).toEqual(['crm.contacts.workspace_id -> crm.workspaces.id']);
    expect(map.notices).toEqual([
      'crm.yml, dataset crm, collection notes, field workspace_id: the reference to crm.contacts is not followed, for it would reach the whole workspace.',
    ]);
  });

  it('to another source are kept and marked', () => {
    const other = {
      fides_key: 'billing',
      collections: [collection('payers', [key('id'), refers('contact', 'contacts.id', 'from')])],
      fides_meta: { steward: { source: 'billing' } },
    };
    const { edges: found } = parseDataMap([mapFile(dataset([contacts])), { ...mapFile(other), name: 'billing.yml' }]);
    expect(found).toMatchObject([{ from: 'crm.contacts', to: 'billing.payers', crossesSources: true }]);
  });
});
