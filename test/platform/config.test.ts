import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../platform/config.ts';

const complete = {
  api: { publicUrl: 'https://steward.example' },
  metrics: {},
  database: { appUrl: 'postgres://a@db/steward', workerUrl: 'postgres://w@db/steward' },
  sources: [
    { name: 'crm', kind: 'postgres', url: 'postgres://r@db/crm' },
    { name: 'crm-media', kind: 's3', bucket: 'media' },
  ],
  dataMap: ['map.yml'],
  storage: { kind: 'folder', path: '/var/lib/steward' },
  temporal: { address: 'temporal:7233' },
  mail: { url: 'smtp://mail:25', from: 'privacy@steward.example' },
  keys: { file: '/etc/steward/keys.json' },
};

const read = (settings: object, environment: NodeJS.ProcessEnv = {}) =>
  parseConfig(settings, environment, 'steward.config.yaml');

describe('the settings', () => {
  it('have defaults for what is not said', () => {
    const config = read(complete);
    expect(config.api.host).toBe('127.0.0.1');
    expect(config.packages).toEqual({ keepDays: 30, linkDays: 7, maxDownloads: 5 });
  });

  it('can be set one by one from the environment, which wins', () => {
    const config = read(complete, {
      STEWARD_DATABASE_APP_URL: 'postgresql://other@db/steward',
      STEWARD_API_PORT: '9000',
      STEWARD_TEMPORAL_MANAGE_NAMESPACE: 'false',
    });
    expect(config.database.appUrl).toBe('postgresql://other@db/steward');
    expect(config.api.port).toBe(9000);
    expect(config.temporal.manageNamespace).toBe(false);
  });

  it('are refused with the name of every one that is wrong, in the file and in the environment', () => {
    const broken = { ...complete, database: { appUrl: 'mysql://x' }, mail: { url: 'smtp://mail', from: '' } };
    expect(() => read(broken)).toThrow(/database\.appUrl \(or STEWARD_DATABASE_APP_URL\): must be a postgres:\/\/ URL/);
    expect(() => read(broken)).toThrow(/database\.workerUrl/);
    expect(() => read(broken)).toThrow(/mail\.from/);
  });

  it('are refused when a source is of no kind that there is', () => {
    expect(() => read({ ...complete, sources: [{ name: 'crm', kind: 'oracle' }] })).toThrow(/sources\.0\.kind/);
  });

  it('are refused when there are none', () => {
    expect(() => parseConfig(null, {}, 'steward.config.yaml')).toThrow(/steward\.config\.yaml has settings/);
  });
});
