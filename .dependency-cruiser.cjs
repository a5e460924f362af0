/** The arrows of the layout: who may import whom. `npm test` fails when one is broken, or when nothing was looked at. */
const ROOMS = ['domain', 'data-map', 'platform', 'activities', 'workflows', 'api', 'cli', 'dev', 'bench', 'migrations', 'console'];

/** @param {string} room @param {string[]} allowed */
const mayImport = (room, allowed) => ({
  name: `${room}-imports-only-what-it-may`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: { path: `^(${ROOMS.filter((other) => other !== room && !allowed.includes(other)).join('|')}|test)/` },
});

/** Imports for their types alone are erased and cannot run. */
const valuesOnly = (rule) => ({ ...rule, to: { ...rule.to, dependencyTypesNot: ['type-only'] } });

module.exports = {
  forbidden: [
    mayImport('domain', []),
    mayImport('data-map', ['domain']),
    mayImport('platform', ['domain']),
    mayImport('activities', ['domain', 'data-map', 'platform']),
    mayImport('workflows', ['domain', 'activities']),
    valuesOnly({
      name: 'workflows-know-activities-by-type-only',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/' },
    }),
    mayImport('api', ['domain', 'platform', 'workflows', 'data-map']),
    valuesOnly({
      name: 'api-knows-workflows-by-type-and-messages-only',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^workflows/(?!messages\\.ts)' },
    }),
    {
      name: 'api-reads-the-data-map-in-its-entry-only',
      severity: 'error',
      from: { path: '^api/(?!server\\.ts)' },
      to: { path: '^data-map/' },
    },
    mayImport('bench', ['domain', 'data-map', 'platform', 'activities', 'workflows', 'api', 'cli', 'dev', 'migrations']),
    mayImport('migrations', []),
    {
      name: 'domain-is-free-of-node',
      comment: 'Workflows bundle domain; a Node built-in breaks the sandbox.',
      severity: 'error',
      from: { path: '^(domain|workflows)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sql-goes-through-its-doors',
      comment: 'withTenant and withSource are the only ways to a connection.',
      severity: 'error',
      from: { path: '^(api|activities|cli)/' },
      to: { path: 'node_modules/(pg|knex)/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'tests-are-not-imported', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.steward|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
