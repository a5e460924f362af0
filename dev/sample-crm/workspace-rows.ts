/** What a workspace has before it knows anybody: its staff, stock, courses, campaigns. */
import { pngOf } from './media.ts';
import type { Row } from './copy.ts';
import { WORKSPACES } from './people.ts';
import { Random, uuidOf } from './random.ts';
import { CITIES, FIRST_NAMES, LAST_NAMES, STAGES, STREETS } from './words.ts';

/** How many there are of each in a workspace. */
const POOL = { team: 3, member: 12, pipeline: 2, property: 40, course: 4, campaign: 12, integration: 2 } as const;
type Pooled = keyof typeof POOL;

const idAt = (kind: Pooled, workspaceId: string, index: number): string => uuidOf(kind, workspaceId, index);

/** One of the workspace's, by chance. */
export function anyOf(kind: Pooled, workspaceId: string, random: Random): string {
  return idAt(kind, workspaceId, random.int(0, POOL[kind] - 1));
}

type RowAt = (workspaceId: string, id: string, index: number, random: Random) => Row;

function* pool(kind: Pooled, rowAt: RowAt): Generator<Row> {
  for (const { id: workspaceId } of WORKSPACES) {
    for (let index = 0; index < POOL[kind]; index += 1) {
      yield rowAt(workspaceId, idAt(kind, workspaceId, index), index, new Random(kind, workspaceId, index));
    }
  }
}

const FOUNDED = new Date('2021-02-01T09:00:00Z');

function* workspaces(): Generator<Row> {
  for (const { id, name, contactEmail } of WORKSPACES)
    yield { id, name, contact_email: contactEmail, plan: 'team', created_at: FOUNDED };
}

const team: RowAt = (workspace_id, id, index) => ({ id, workspace_id, name: `Team ${index + 1}` });

/** The first member leads the others. */
const member: RowAt = (workspace_id, id, index, random) => ({
  id,
  workspace_id,
  team_id: idAt('team', workspace_id, index % POOL.team),
  email: `agent.${index}@staff.example`,
  full_name: `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`,
  manager_id: index === 0 ? null : idAt('member', workspace_id, 0),
  created_at: FOUNDED,
});

const property: RowAt = (workspace_id, id, _index, random) => ({
  id,
  workspace_id,
  street: `${random.int(1, 240)} ${random.pick(STREETS)}`,
  city: random.pick(CITIES),
  price: random.int(180, 2400) * 1000,
  bedrooms: random.int(1, 6),
  photo_key: photoKey(workspace_id, id),
  listed_at: random.moment(),
});

const photoKey = (workspaceId: string, id: string): string => `${workspaceId}/properties/${id}.png`;

/** Pictures of the properties: objects that belong to no person. */
export function* propertyPhotos(): Generator<{ key: string; content: Buffer }> {
  for (const { id: workspaceId } of WORKSPACES) {
    for (let index = 0; index < POOL.property; index += 1) {
      yield { key: photoKey(workspaceId, idAt('property', workspaceId, index)), content: pngOf(index) };
    }
  }
}

const pipeline: RowAt = (workspace_id, id, index) => ({
  id,
  workspace_id,
  name: index === 0 ? 'Buyers' : 'Sellers',
  stages: { names: STAGES },
});

const course: RowAt = (workspace_id, id, index) => ({
  id,
  workspace_id,
  title: `First-time buyers, part ${index + 1}`,
  lessons: 6 + index,
});

const campaign: RowAt = (workspace_id, id, index, random) => ({
  id,
  workspace_id,
  name: `Listings ${index + 1}`,
  subject: `New on ${random.pick(STREETS)}`,
  sent_at: random.moment(),
});

const integration: RowAt = (workspace_id, id, index) => ({
  id,
  workspace_id,
  provider: index === 0 ? 'calendar' : 'mailing-list',
  settings: { direction: 'both' },
});

/** Table and rows, in an order that the foreign keys allow. */
export const WORKSPACE_TABLES: readonly (readonly [table: string, rows: () => Iterable<Row>])[] = [
  ['workspaces', workspaces],
  ['teams', () => pool('team', team)],
  ['members', () => pool('member', member)],
  ['properties', () => pool('property', property)],
  ['pipelines', () => pool('pipeline', pipeline)],
  ['courses', () => pool('course', course)],
  ['campaigns', () => pool('campaign', campaign)],
  ['integrations', () => pool('integration', integration)],
];
