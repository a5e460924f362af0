/** The transactions in which a person is searched and weighed: one in each source, all held together. */
import type { ClientBase } from 'pg';
import { InvalidDataMap } from '../../domain/errors.ts';
import type { Plan } from '../../data-map/plan.ts';
import type { CarrierName, Sources } from '../../platform/sources.ts';
import { openCarrier, takeSnapshot } from '../plan-runner.ts';
import type { Search } from '../plan-runner.ts';
import type { Carrier } from '../searching/carrier.ts';
import type { Searched } from '../searching/fixed-point.ts';
import { Statements } from '../searching/statements.ts';
import { TempTables, createKeyTables, dropKeyTables } from '../searching/temp-tables.ts';

export interface OpenSource extends Searched {
  readonly source: string;
  readonly client: ClientBase;
  readonly statements: Statements;
  readonly takenAt: Date;
  readonly tenantKey: string;
  readonly carrierName: CarrierName;
  /** Whether the connection is of the role that erases. */
  readonly erasable: boolean;
  /** The round of the search in which rows were found last; 0 where keys are carried without. */
  readonly lastRound: () => number;
}

/**
 * As `withSnapshots` does, but with the role that erases where there is one, and so that more tables can be made and
 * Steward's own be written to. Where there is none, the source is searched all the same, for it may lead to others.
 */
export async function withOpenSources<T>(
  sources: Sources,
  { plan: { plans }, tenantKeys }: Search,
  work: (opened: readonly OpenSource[]) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const open = async ([plan, ...others]: readonly Plan[], opened: readonly OpenSource[]): Promise<T> => {
    if (plan === undefined) return work(opened);
    const { source } = plan;
    const tenantKey = tenantKeys.get(source);
    if (tenantKey === undefined) throw new InvalidDataMap(`The source ${source} is in a search without a tenant key.`);
    const erasable = sources.canErase(source);
    const carrierName = erasable ? 'temp_tables' : sources.carrierOf(source);
    const within = (client: ClientBase) =>
      inTransaction(client, plan, { tenantKey, carrierName, erasable }, (each) => open(others, [...opened, each]));
    return erasable ? sources.withEraser(source, within, signal) : sources.withSource(source, within, signal);
  };
  return open(plans, []);
}

type Settings = Pick<OpenSource, 'tenantKey' | 'carrierName' | 'erasable'>;

async function inTransaction<T>(
  client: ClientBase,
  plan: Plan,
  settings: Settings,
  work: (opened: OpenSource) => Promise<T>,
): Promise<T> {
  const statements = new Statements(client, plan.source);
  const hasTables = settings.carrierName === 'temp_tables';
  if (hasTables) await createKeyTables(statements, plan);
  // Tables for holds are made when it is known that they are needed, which a read-only transaction would not allow.
  await statements.command(`BEGIN ISOLATION LEVEL REPEATABLE READ ${hasTables ? 'READ WRITE' : 'READ ONLY'}`);
  const { takenAt } = await takeSnapshot(statements);
  const carrier = await openCarrier(statements, plan, { tenantKey: settings.tenantKey, carrier: settings.carrierName });
  const result = await work({
    ...settings,
    source: plan.source,
    plan,
    client,
    statements,
    takenAt,
    carrier,
    lastRound: () => roundOf(carrier),
  });
  await statements.command('COMMIT');
  if (hasTables) await dropKeyTables(statements);
  return result;
}

const roundOf = (carrier: Carrier): number => (carrier instanceof TempTables ? carrier.round : 0);
