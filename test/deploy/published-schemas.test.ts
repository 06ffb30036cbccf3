import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { hasPythonClient, runPython } from '../clients/run-client.js';
import { isMet } from '../skips/note-skip.js';
import { type DeploymentManifest, parseManifests, readShipped } from './manifests.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-manifests-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const problemsOf = (kind: string, files: readonly string[]): Promise<readonly string[]> =>
  runPython('../deploy/validate.py', [kind, ...files]);

function manifestsIn(path: string): readonly string[] {
  const names = readdirSync(join(packageRoot, path)).filter((name) => name.endsWith('.yaml'));
  return names.map((name) => join(packageRoot, path, name));
}

/** A shipped file with one thing changed, elsewhere. */
function changed(file: string, from: string, to: string): string {
  const text = readShipped(file);
  expect(text).toContain(from);
  const path = join(folder, `changed-${file.replaceAll('/', '-')}`);
  writeFileSync(path, text.replace(from, to));
  return path;
}

const hasValidators = ['kubernetes-validate', 'compose-spec', 'kserve'].map(hasPythonClient).every(Boolean);

describe.runIf(hasValidators)('published schemas', () => {
  it('hold for the manifests of Kubernetes', async () => {
    expect(await problemsOf('kubernetes', manifestsIn('deploy/kubernetes/gpu'))).toEqual([]);
    const wrong = changed('deploy/kubernetes/gpu/deployment.yaml', 'readinessProbe:', 'readynessProbe:');
    expect((await problemsOf('kubernetes', [wrong])).join()).toContain('readynessProbe');
  });

  it('hold for those of KServe', async () => {
    expect(await problemsOf('kserve', manifestsIn('deploy/kserve'))).toEqual([]);
    const wrong = changed('deploy/kserve/inference-service.yaml', 'storageUri:', 'storageURI:');
    expect((await problemsOf('kserve', [wrong])).join()).toContain('there is no storageURI');
    const container = changed('deploy/kserve/serving-runtime.yaml', 'livenessProbe:', 'liveProbe:');
    expect((await problemsOf('kserve', [container])).join()).toContain('liveProbe');
  });

  it('hold for compose.yaml', async () => {
    expect(await problemsOf('compose', [join(packageRoot, 'compose.yaml')])).toEqual([]);
    const wrong = changed('compose.yaml', 'stop_grace_period:', 'stop_grace:');
    expect((await problemsOf('compose', [wrong])).join()).toContain('stop_grace');
  });
});

const render = (path: string): string =>
  execFileSync('kubectl', ['kustomize', join(packageRoot, path)], { encoding: 'utf8' });
const canRender = isMet(hasKubectl(), 'manifests as kustomize makes them', 'kubectl is not installed');

describe.runIf(canRender)('manifests as kustomize makes them', () => {
  const read = (path: string): DeploymentManifest => {
    const found = parseManifests(render(path)).find(({ kind }) => kind === 'Deployment');
    if (found === undefined) throw new Error(`${path} has no Deployment`);
    return found as DeploymentManifest;
  };

  it.runIf(hasValidators).each(['kubernetes/gpu', 'kubernetes/cpu', 'kserve'])('are valid: deploy/%s', async (path) => {
    const file = join(folder, `${path.replaceAll('/', '-')}.yaml`);
    writeFileSync(file, render(`deploy/${path}`));
    expect(await problemsOf(path === 'kserve' ? path : 'kubernetes', [file])).toEqual([]);
  });

  it('have a GPU, or nothing that asks for one', () => {
    const gpu = read('deploy/kubernetes/gpu').spec.template.spec;
    expect(gpu.initContainers?.map(({ name }) => name)).toEqual(['build-engine']);
    expect(gpu.containers[0].image).toMatch(/-gpu$/);

    const cpu = read('deploy/kubernetes/cpu').spec.template.spec;
    expect(cpu.initContainers).toEqual([]);
    expect(cpu.tolerations).toBeUndefined();
    expect(cpu.containers[0].resources.limits).toEqual({ cpu: '4', memory: '2Gi' });
    expect(cpu.containers[0].image).toMatch(/-cpu$/);
    expect(cpu.containers[0].readinessProbe).toEqual(gpu.containers[0].readinessProbe);
  });

  it('name the settings that were generated for them', () => {
    for (const path of ['deploy/kubernetes/gpu', 'deploy/kubernetes/cpu']) {
      const maps = parseManifests(render(path)).filter(({ kind }) => kind === 'ConfigMap');
      const [container] = read(path).spec.template.spec.containers;
      expect(container.envFrom?.flatMap(({ configMapRef }) => configMapRef?.name ?? [])).toEqual(
        maps.map(({ metadata }) => metadata.name),
      );
    }
  });
});

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
