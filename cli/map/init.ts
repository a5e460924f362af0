/** `steward map init`: a first map of a live database, for a person to finish. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { sampleForms } from '../../activities/map-checking/sample-forms.ts';
import { readCatalogue } from '../../data-map/catalogue/read.ts';
import { draftMap } from '../../data-map/drafting/draft.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { readConfig, withSources } from './setting.ts';

interface InitOptions {
  readonly source: string;
  readonly schema?: readonly string[];
  readonly output?: string;
}

export function initCommand(parent: Command): void {
  parent
    .command('init')
    .description('draft a map from a live database, with the questions that a person has to answer')
    .requiredOption('--source <name>', 'a source of kind postgres in the settings')
    .option('--schema <name...>', 'schemas to draft (those of the settings, or public, if left out)')
    .option('-o, --output <file>', 'where to write it (the terminal, if left out); a file that is there is kept')
    .action(init);
}

async function init({ source, schema, output }: InitOptions): Promise<void> {
  const config = readConfig();
  const setting = config.sources.find(({ name }) => name === source);
  const schemas = schema ?? (setting?.kind === 'postgres' ? setting.schemas : undefined) ?? ['public'];
  const draft = await withSources(config, (sources) =>
    sources.withSource(source, async (client) => {
      const catalogue = await readCatalogue(client, schemas);
      if (catalogue.tables.length === 0)
        throw new InvalidInput(`The source ${source} has no tables in ${schemas.join(', ')} that its role may see.`);
      return draftMap(source, catalogue, await sampleForms(client, catalogue));
    }),
  );
  // A draft that does not parse is a mistake of ours, and better found here than by whoever has edited it.
  parseDataMap([{ name: output ?? 'the draft', text: draft }]);
  if (output === undefined) process.stdout.write(draft);
  else await save(output, draft);
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new InvalidInput(`${file} is there already; name another file.`);
    throw error;
  }
}
