import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { otherVariables } from '../../src/config/other-variables.js';
import { settings } from '../../src/config/settings.js';
import { routeScopes } from '../../src/http/security/route-scopes.js';
import { type HornetProcess, startServer } from '../load/hornet-process.mjs';
import { deployments } from './deployments.js';
import { readShipped } from './manifests.js';

/** A first boot in which a model of a hundred megabytes comes over a slow line, and TensorRT takes its time. */
const slowFirstBootMs = 15 * 60_000;
/** What a server takes to end when all is answered, and what a busy machine adds. */
const endsWithinMs = 5000;

/** The names that the configuration looks up, as it is asked for each of them. */
function namesLookedUp(): ReadonlySet<string> {
  const names = new Set(Object.keys(otherVariables));
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get: (_target, name) => {
        names.add(String(name));
        return undefined;
      },
    },
  );
  loadConfig({ env, folder: null });
  return names;
}

let server: HornetProcess;
beforeAll(async () => {
  server = await startServer({ args: ['digits'] });
  await server.until('digits', ({ state }) => state === 'ready');
});
afterAll(async () => {
  await server?.stop();
});

describe.each(deployments)('$file', (deployment) => {
  const { environment, models, ports, livePaths, readyPaths, stopMs, firstBootMs, mounts, user } = deployment;
  const { settings: values, warnings } = loadConfig({ env: environment, models, folder: null });

  it('sets only variables that the server looks up, to values that it takes', () => {
    const known = namesLookedUp();
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('has no secret in it', () => {
    const secrets = Object.values(settings).flatMap((setting) => (setting.secret ? [setting.env] : []));
    for (const name of [...secrets, 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) expect(environment[name] ?? '').toBe('');
  });

  it('names the port that the server listens on wherever it names one', () => {
    expect(ports.length).toBeGreaterThan(1);
    expect(new Set(ports)).toEqual(new Set([values.port]));
  });

  it('asks routes that need no token, and that answer', async () => {
    const paths = [...livePaths, ...readyPaths];
    expect(paths).not.toEqual([]);
    for (const path of paths) {
      expect([path, routeScopes[path]?.GET]).toEqual([path, 'open']);
      expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 200]);
    }
    for (const path of livePaths) expect(path).toMatch(/\/health\/live$/);
    for (const path of readyPaths) expect(path).toMatch(/\/health\/ready$/);
  });

  it('kills the server only after it has had its time to answer what it accepted', () => {
    expect(stopMs).toBeGreaterThanOrEqual(values.shutdownGraceMs + endsWithinMs);
    // A request that is accepted at the last moment has its whole deadline.
    expect(values.shutdownGraceMs).toBeGreaterThanOrEqual(values.timeoutMs);
  });

  it('gives a first boot the time that it takes', () => {
    const isBuilding = values.backend === 'tensorrt';
    expect(firstBootMs ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(isBuilding ? slowFirstBootMs : 5 * 60_000);
  });

  it('keeps weights and engines on the volume', () => {
    expect(mounts.some((mount) => values.home.startsWith(`${mount}/`))).toBe(true);
  });

  it('runs as the user of the image', () => {
    expect(user ?? 10_001).toBe(10_001);
  });
});

it('has a file of HAProxy that waits for an answer longer than the server, and checks that it is ready', () => {
  const config = readShipped('deploy/haproxy/haproxy.cfg');
  const seconds = (name: string): number => Number(new RegExp(`^ {2}timeout ${name} (\\d+)s$`, 'm').exec(config)?.[1]);
  const { timeoutMs } = loadConfig({ env: {}, folder: null }).settings;
  expect(1000 * seconds('server')).toBeGreaterThan(timeoutMs);
  const [, path = ''] = /^ {2}http-check send meth GET uri (\S+)$/m.exec(config) ?? [];
  expect([path, routeScopes[path]?.GET]).toEqual(['/health/ready', 'open']);
});
