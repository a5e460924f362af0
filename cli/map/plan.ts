/** `steward map plan`: how a person would be found, and by `--explain` what PostgreSQL thinks that costs. */
import type { Command } from 'commander';
import { costsOf } from '../../activities/map-checking/plan-costs.ts';
import type { StatementCost } from '../../activities/map-checking/plan-costs.ts';
import { explainSearch } from '../../data-map/explain.ts';
import type { ExplainedSearch, ExplainedSource } from '../../data-map/explain.ts';
import { planAcross } from '../../data-map/plan.ts';
import type { SearchPlan } from '../../data-map/plan.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Identity } from '../../domain/identities.ts';
import type { Sources } from '../../platform/sources.ts';
import { collectIdentity } from '../requests.ts';
import type { MapOptions } from './setting.ts';
import { openMap, withMapOption, withSources } from './setting.ts';

interface PlanOptions extends MapOptions {
  readonly identity: readonly Identity[];
  readonly source?: string;
  readonly explain?: boolean;
  readonly tenant: ReadonlyMap<string, string>;
  readonly json?: boolean;
}

/** By source. */
type Costs = Readonly<Record<string, readonly StatementCost[]>>;

export function planCommand(parent: Command): void {
  withMapOption(parent.command('plan'))
    .description('print how a person would be found')
    .requiredOption('-i, --identity <type=value>', 'an identifier, e.g. email=…; repeatable', collectIdentity, [])
    .option('--source <name>', 'one source alone')
    .option('--explain', 'have PostgreSQL estimate each statement, without executing any')
    .option(
      '--tenant <source=key>',
      "with --explain: a workspace's key in a source; repeatable",
      collectTenant,
      new Map(),
    )
    .option('--json', 'the plan as JSON')
    .action(printPlan);
}

function collectTenant(text: string, earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  if (at < 1)
    throw new InvalidInput("A workspace's key is written source=key, as the source's tenant columns have it.");
  return new Map([...earlier, [text.slice(0, at), text.slice(at + 1)]]);
}

async function printPlan(options: PlanOptions): Promise<void> {
  const { config, map } = await openMap(options);
  const known = [...new Set(map.datasets.filter(({ manual }) => !manual).map(({ source }) => source))];
  const sources = options.source === undefined ? known : known.filter((name) => name === options.source);
  if (sources.length === 0)
    throw new InvalidInput(`The map has no source ${options.source}; it has ${known.join(', ')}.`);
  const search = planAcross(map, sources, options.identity);
  const explained = explainSearch(map, search, options.identity);
  const costs = options.explain
    ? await withSources(config, (opened) => estimate(opened, search, options.tenant))
    : undefined;
  console.log(options.json ? JSON.stringify({ ...explained, costs }, null, 2) : inWords(explained, costs));
}

async function estimate(opened: Sources, { plans }: SearchPlan, tenants: ReadonlyMap<string, string>): Promise<Costs> {
  const costs: Record<string, readonly StatementCost[]> = {};
  for (const plan of plans.filter(({ collections }) => collections.length > 0)) {
    const tenant = tenants.get(plan.source);
    if (tenant === undefined)
      throw new InvalidInput(`Give --tenant ${plan.source}=<key>: every statement is limited to one workspace.`);
    costs[plan.source] = await opened.withSource(plan.source, (client) => costsOf(client, plan, tenant));
  }
  return costs;
}

function inWords(search: ExplainedSearch, costs: Costs | undefined): string {
  return [
    `By ${search.identities.join(' and ')}, map ${search.mapVersion.slice(0, 12)}`,
    ...search.sources.flatMap((each) => sourceLines(each, costs?.[each.source] ?? [])),
    ...section('From one source to another:', search.crossings),
    ...section('In sources that were not asked for:', search.elsewhere),
    ...section('Searched by people:', search.byHand),
  ].join('\n');
}

function sourceLines({ source, stages, notReached }: ExplainedSource, costs: readonly StatementCost[]): string[] {
  if (stages.length === 0) return [`Source ${source}: nothing here is searched by this.`];
  const steps = stages.flatMap(({ collections, searched, followed, repeated }, index) => [
    `${String(index + 1).padStart(3)}. ${collections.join(', ')}`,
    ...searched.map((text) => `       search ${text}`),
    ...followed.map((text) => `       follow ${text}`),
    ...repeated.map((text) => `       repeat ${text}`),
  ]);
  return [
    `Source ${source}`,
    ...steps,
    ...section('Not reached by these identities:', notReached),
    ...section('Estimates:', costs.map(costLine)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `     ${line}`)];
}

function costLine({ purpose, cost, rows, scans }: StatementCost): string {
  const large = scans.map(
    (scan) => `  ! reads all of ${scan.table} (about ${Math.round(scan.rows).toLocaleString('en')} rows)`,
  );
  return `${purpose}: cost ${cost.toFixed(0)}, about ${rows.toLocaleString('en')} rows${large.join('')}`;
}
