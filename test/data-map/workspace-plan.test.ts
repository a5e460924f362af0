import { describe, expect, it } from 'vitest';
import { planWorkspace } from '../../data-map/workspace-plan.ts';
import type { WorkspacePlan } from '../../data-map/workspace-plan.ts';
import { collection, field, key, mapOf, refers } from './fixtures.ts';

const untied = { tenant: null };

/** `lines: orders.order_id→id` for each tie, or `lines: workspace_id` by its own column. */
function tiesOf({ collections }: WorkspacePlan): Record<string, string[]> {
  return Object.fromEntries(
    collections.map(({ collection: { table }, ties }) => [
      table,
      ties.map(({ steps, tenant }) => [...steps.map(({ to }) => to.table), tenant].join('.')),
    ]),
  );
}

describe('the collections of a workspace', () => {
  it('belong by their tenant column, also those without personal data', () => {
    const map = mapOf(
      collection('contacts', [key('id')]),
      collection('plans', [key('id')], { no_personal_data: true }),
    );
    expect(tiesOf(planWorkspace(map, 'crm'))).toEqual({ contacts: ['workspace_id'], plans: ['workspace_id'] });
  });

  it('without one belong by the rows that theirs refer to, over any number of steps', () => {
    const map = mapOf(
      collection('orders', [key('id')]),
      collection('lines', [key('id'), refers('order_id', 'orders.id', 'to')], untied),
      collection('line_notes', [key('id'), refers('line_id', 'lines.id', 'from')], untied),
    );
    expect(tiesOf(planWorkspace(map, 'crm'))).toEqual({
      orders: ['workspace_id'],
      lines: ['orders.workspace_id'],
      line_notes: ['lines.orders.workspace_id'],
    });
  });

  it('belong by any of several references', () => {
    const map = mapOf(
      collection('contacts', [key('id')]),
      collection('leads', [key('id')]),
      collection(
        'calls',
        [key('id'), refers('contact', 'contacts.id', 'to'), refers('lead', 'leads.id', 'to')],
        untied,
      ),
    );
    expect(tiesOf(planWorkspace(map, 'crm'))['calls']).toEqual(['contacts.workspace_id', 'leads.workspace_id']);
  });

  it('are handed over when rows of the workspace refer to them, but nothing is followed from what others may share', () => {
    const map = mapOf(
      collection('members', [key('id'), refers('user_id', 'users.id', 'to')]),
      collection('users', [key('id')], untied),
      collection('sessions', [key('id'), refers('user_id', 'users.id', 'to')], untied),
    );
    const plan = planWorkspace(map, 'crm');
    expect(tiesOf(plan)['users']).toEqual(['members.workspace_id']);
    expect(plan.leftOut.map((each) => each.collection)).toEqual(['crm.sessions']);
  });

  it('do not belong by a part of a key, which may name rows of several workspaces', () => {
    const map = mapOf(
      collection('orders', [key('workspace_id'), key('number')]),
      collection('lines', [key('id'), refers('order_number', 'orders.number', 'to')], untied),
    );
    expect(planWorkspace(map, 'crm').leftOut).toEqual([
      { collection: 'crm.lines', reason: expect.stringContaining('no reference ties') },
    ]);
  });

  it('end, whatever circles the references make', () => {
    const map = mapOf(
      collection('a', [key('id'), refers('b', 'b.id', 'to'), refers('self', 'a.id', 'to')], untied),
      collection('b', [key('id'), refers('a', 'a.id', 'to')], untied),
      collection('contacts', [key('id'), field('name')]),
    );
    expect(planWorkspace(map, 'crm').leftOut.map((each) => each.collection)).toEqual(['crm.a', 'crm.b']);
  });
});
