/** `steward map plan`: how a person would be found, and by `--explain` what PostgreSQL thinks that costs. */
import type { Command } from 'commander';
import { costsOf } from '../../activities/map-checking/plan-costs.ts';
import type { StatementCost } from '../../activities/map-checking/plan-costs.ts';
import { explainPlan } from '../../data-map/explain.ts';
import type { ExplainedPlan } from '../../data-map/explain.ts';
import { planSearch } from '../../data-map/plan.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Identity } from '../../domain/identities.ts';
import { collectIdentity } from '../requests.ts';
import type { MapOptions } from './setting.ts';
import { openMap, withMapOption, withSources } from './setting.ts';

interface PlanOptions extends MapOptions {
  readonly identity: readonly Identity[];
  readonly source?: string;
  readonly explain?: boolean;
  readonly tenant?: string;
  readonly json?: boolean;
}

type Shown = ExplainedPlan & { readonly costs?: readonly StatementCost[] };

export function planCommand(parent: Command): void {
  withMapOption(parent.command('plan'))
    .description('print how a person would be found in each source')
    .requiredOption('-i, --identity <type=value>', 'an identifier, e.g. email=…; repeatable', collectIdentity, [])
    .option('--source <name>', 'one source alone')
    .option('--explain', 'have PostgreSQL estimate each statement, without executing any')
    .option('--tenant <key>', "with --explain: the workspace's key in the source, as its tenant columns have it")
    .option('--json', 'the plan as JSON')
    .action(plan);
}

async function plan(options: PlanOptions): Promise<void> {
  const { config, map } = await openMap(options);
  if (options.explain && options.tenant === undefined)
    throw new InvalidInput("Give --tenant, a workspace's key in the source: every statement is limited to one.");
  const known = [...new Set(map.datasets.map(({ source }) => source))];
  const sources = options.source === undefined ? known : known.filter((name) => name === options.source);
  if (sources.length === 0)
    throw new InvalidInput(`The map has no source ${options.source}; it has ${known.join(', ')}.`);
  const shown = await withSources(config, async (opened) => {
    const plans: Shown[] = [];
    for (const source of sources) {
      const planned = planSearch(map, source, options.identity);
      const explained = explainPlan(map, planned, options.identity);
      const { tenant } = options;
      if (!options.explain || tenant === undefined) plans.push(explained);
      else
        plans.push({
          ...explained,
          costs: await opened.withSource(source, (client) => costsOf(client, planned, tenant)),
        });
    }
    return plans;
  });
  console.log(options.json ? JSON.stringify(shown, null, 2) : shown.map(inWords).join('\n\n'));
}

function inWords({ source, mapVersion, identities, stages, notReached, intoOtherSources, costs }: Shown): string {
  const head = `Source ${source}, by ${identities.join(' and ')}, map ${mapVersion.slice(0, 12)}`;
  if (stages.length === 0) return `${head}: no collection of this source can be searched by this.`;
  const steps = stages.flatMap(({ collections, searched, followed, repeated }, index) => [
    `${String(index + 1).padStart(3)}. ${collections.join(', ')}`,
    ...searched.map((text) => `       search ${text}`),
    ...followed.map((text) => `       follow ${text}`),
    ...repeated.map((text) => `       repeat ${text}`),
  ]);
  return [
    head,
    ...steps,
    ...section('Go on in another source:', intoOtherSources),
    ...section('Not reached by these identities:', notReached),
    ...section('Estimates:', (costs ?? []).map(costLine)),
  ].join('\n');
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
