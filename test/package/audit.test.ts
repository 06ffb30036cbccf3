import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { type Advisory, FakeAuditRegistry } from './fake-audit-registry.js';
import { readText } from './read-project.js';

const registry = new FakeAuditRegistry();
let url: string;
let folder: string;
beforeAll(async () => {
  url = await registry.start();
  folder = mkdtempSync(join(tmpdir(), 'hornet-audit-'));
});
afterAll(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true });
});

interface Audit {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the check as CI does, against the registry above. */
function audit(accepted: object = {}, env: Readonly<Record<string, string>> = {}): Promise<Audit> {
  const file = join(folder, 'accepted.json');
  writeFileSync(file, JSON.stringify(accepted));
  return new Promise((resolve) => {
    const running = execFile(
      process.execPath,
      ['scripts/supply-chain/audit.mjs', file],
      {
        cwd: packageRoot,
        env: {
          ...process.env,
          HORNET_REQUIRE_AUDIT: '',
          npm_config_registry: url,
          npm_config_cache: join(folder, 'cache'),
          npm_config_fetch_retries: '0',
          ...env,
        },
      },
      (_error, stdout, stderr) => resolve({ exitCode: running.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

const advisory = (id: string): Advisory => ({
  id: 1,
  url: `https://github.com/advisories/${id}`,
  title: 'It does harm',
  severity: 'high',
  vulnerable_versions: '>=0.0.1',
});
const until = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe('the check for known vulnerabilities', () => {
  it('passes where the registry knows of none', async () => {
    registry.answer = {};
    const { exitCode, output } = await audit();
    expect(output).toMatch(/^\d+ packages: 0 known vulnerabilities, 0 not accepted$/m);
    expect(exitCode).toBe(0);
  });

  it('fails for one, and tells whether it is in what is installed with Hornet', async () => {
    registry.answer = { 'p-limit': [advisory('GHSA-aaaa-aaaa-aaaa')], 'axe-core': [advisory('GHSA-bbbb-bbbb-bbbb')] };
    const { exitCode, output } = await audit();
    expect(output).toMatch(/^NOT ACCEPTED: p-limit .*\(installed\): high: It does harm .*GHSA-aaaa-aaaa-aaaa$/m);
    expect(output).toMatch(/^NOT ACCEPTED: axe-core .*\(development only\): high: .*GHSA-bbbb-bbbb-bbbb$/m);
    expect(output).toContain('2 known vulnerabilities, 2 not accepted');
    expect(exitCode).toBe(1);
  });

  it('passes for one that is explained, until the day that the explanation names, and tells what need not be explained any more', async () => {
    registry.answer = { 'p-limit': [advisory('GHSA-aaaa-aaaa-aaaa')] };
    const reason = 'nothing of it is called';
    const today = await audit({
      'GHSA-aaaa-aaaa-aaaa': { reason, until: until(2) },
      'GHSA-cccc-cccc-cccc': { reason, until: until(2) },
    });
    expect(today.output).toContain(`because ${reason}: p-limit`);
    expect(today.output).toContain('GHSA-cccc-cccc-cccc is accepted, but not reported any more');
    expect(today.exitCode).toBe(0);
    const later = await audit({ 'GHSA-aaaa-aaaa-aaaa': { reason, until: until(-2) } });
    expect(later.output).toContain('NOT ACCEPTED');
    expect(later.exitCode).toBe(1);
  });

  it('says that nothing was looked for where the registry cannot tell, and fails where that is insisted on', async () => {
    registry.answer = 405;
    const { exitCode, output } = await audit();
    expect(output).toMatch(/^!! Known vulnerabilities were not looked for: .*405/m);
    expect(exitCode).toBe(0);
    expect((await audit({}, { HORNET_REQUIRE_AUDIT: '1' })).exitCode).toBe(1);
  });
});

describe('accepted-advisories.json', () => {
  it('has a reason and a day for each', () => {
    const entries = JSON.parse(readText('scripts/supply-chain/accepted-advisories.json')) as Record<string, unknown>;
    for (const [id, entry] of Object.entries(entries)) {
      expect(id).toMatch(/^GHSA(-[0-9a-z]{4}){3}$/);
      expect(entry).toEqual({
        reason: expect.stringMatching(/.{10}/),
        until: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      });
    }
  });
});
