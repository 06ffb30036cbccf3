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

function manifestsIn(path: string): readonly string[] {
  const names = readdirSync(join(packageRoot, path)).filter((name) => name.endsWith('.yaml'));
  return names.map((name) => join(packageRoot, path, name));
}

const changedPath = (file: string): string => join(folder, `changed-${file.replaceAll('/', '-')}`);

/** A shipped file with one thing changed, elsewhere. */
function changed(file: string, from: string, to: string): string {
  const text = readShipped(file);
  expect(text).toContain(from);
  const path = changedPath(file);
  writeFileSync(path, text.replace(from, to));
  return path;
}

const hasValidators = ['kubernetes-validate', 'compose-spec', 'kserve'].map(hasPythonClient).every(Boolean);

const render = (path: string): string =>
  execFileSync('kubectl', ['kustomize', join(packageRoot, path)], { encoding: 'utf8' });
const canRender = isMet(hasKubectl(), 'manifests as kustomize makes them', 'kubectl is not installed');

describe.runIf(hasValidators)('published schemas', () => {
  const rendered = ['kubernetes/gpu', 'kubernetes/cpu', 'kserve'];
  const kindOf = (path: string): string => (path === 'kserve' ? path : 'kubernetes');
  const renderedFile = (path: string): string => join(folder, `${path.replaceAll('/', '-')}.yaml`);
  /** By KIND=FILE. */
  const problems = new Map<string, readonly string[]>();
  // All at once: most of the time Python is loading the schemas.
  beforeAll(async () => {
    const files = [
      ...manifestsIn('deploy/kubernetes/gpu').map((file) => `kubernetes=${file}`),
      ...manifestsIn('deploy/kserve').map((file) => `kserve=${file}`),
      `compose=${join(packageRoot, 'compose.yaml')}`,
      `kubernetes=${changed('deploy/kubernetes/gpu/deployment.yaml', 'readinessProbe:', 'readynessProbe:')}`,
      `kserve=${changed('deploy/kserve/inference-service.yaml', 'storageUri:', 'storageURI:')}`,
      `kserve=${changed('deploy/kserve/serving-runtime.yaml', 'livenessProbe:', 'liveProbe:')}`,
      `compose=${changed('compose.yaml', 'stop_grace_period:', 'stop_grace:')}`,
    ];
    for (const path of canRender ? rendered : []) {
      writeFileSync(renderedFile(path), render(`deploy/${path}`));
      files.push(`${kindOf(path)}=${renderedFile(path)}`);
    }
    const found = await runPython<readonly (readonly string[])[]>('../deploy/validate.py', files);
    for (const [index, file] of files.entries()) problems.set(file, found[index] ?? ['it was not looked at']);
  });
  const problemsOf = (kind: string, file: string): readonly string[] | undefined => problems.get(`${kind}=${file}`);
  const problemsOfChanged = (kind: string, file: string): string | undefined =>
    problemsOf(kind, changedPath(file))?.join();

  it('hold for the manifests of Kubernetes', () => {
    const files = manifestsIn('deploy/kubernetes/gpu');
    expect(files.map((file) => problemsOf('kubernetes', file))).toEqual(files.map(() => []));
    expect(problemsOfChanged('kubernetes', 'deploy/kubernetes/gpu/deployment.yaml')).toContain('readynessProbe');
  });

  it('hold for those of KServe', () => {
    const files = manifestsIn('deploy/kserve');
    expect(files.map((file) => problemsOf('kserve', file))).toEqual(files.map(() => []));
    expect(problemsOfChanged('kserve', 'deploy/kserve/inference-service.yaml')).toContain('there is no storageURI');
    expect(problemsOfChanged('kserve', 'deploy/kserve/serving-runtime.yaml')).toContain('liveProbe');
  });

  it('hold for compose.yaml', () => {
    expect(problemsOf('compose', join(packageRoot, 'compose.yaml'))).toEqual([]);
    expect(problemsOfChanged('compose', 'compose.yaml')).toContain('stop_grace');
  });

  it.runIf(canRender).each(rendered)('hold for what kustomize makes of deploy/%s', (path) => {
    expect(problemsOf(kindOf(path), renderedFile(path))).toEqual([]);
  });
});

describe.runIf(canRender)('manifests as kustomize makes them', () => {
  const read = (path: string): DeploymentManifest => {
    const found = parseManifests(render(path)).find(({ kind }) => kind === 'Deployment');
    if (found === undefined) throw new Error(`${path} has no Deployment`);
    return found as DeploymentManifest;
  };

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
