import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { isMet } from '../skips/note-skip.js';
import { inferenceService, kubernetes, msOf, runtime } from './deployments.js';
import {
  type DeploymentManifest,
  type Manifest,
  readCompose,
  readEnvironment,
  readFly,
  readManifest,
  readShipped,
} from './manifests.js';

const stages = [...readShipped('Dockerfile').matchAll(/^FROM .* AS (\S+)$/gm)].map(([, stage]) => stage);
const hasTargets = isMet(stages.includes('gpu'), 'that build targets are stages', 'the Dockerfile has no stage "gpu"');

describe('fly.toml', () => {
  const gpu = readFly('fly.toml');
  const cpu = readFly('fly.cpu.toml');

  it('says at the top that Fly withdraws its GPUs', () => {
    for (const file of ['fly.toml', 'fly.cpu.toml', 'docs/deploy-fly.md']) {
      expect(readShipped(file).split('\n').slice(0, 8).join('\n')).toContain('1 August 2026');
    }
  });

  it('asks for an A100 of 40 GB with a volume of 100 GB, which the proxy never stops', () => {
    expect(gpu.vm).toEqual([{ size: 'a100-40gb' }]);
    expect(gpu.mounts).toMatchObject({ destination: '/data', initial_size: '100gb' });
    expect(gpu.http_service).toMatchObject({
      auto_stop_machines: false,
      auto_start_machines: true,
      min_machines_running: 0,
      concurrency: { type: 'connections' },
    });
    expect(cpu.vm[0].size).toMatch(/^(?:shared|performance)-\d+x$/);
  });

  it('leaves a machine stopped that has stopped by itself, and sends requests elsewhere before it refuses', () => {
    for (const { restart, http_service, env, kill_signal, kill_timeout } of [gpu, cpu]) {
      expect(restart[0].policy).toBe('on-failure');
      const { maxQueue } = loadConfig({ env, folder: null }).settings;
      expect(http_service.concurrency.hard_limit).toBeLessThanOrEqual(maxQueue);
      expect(http_service.concurrency.soft_limit).toBeLessThan(http_service.concurrency.hard_limit);
      expect(kill_signal).toBe('SIGTERM');
      // Fly's own limit.
      expect(msOf(kill_timeout)).toBeLessThanOrEqual(300_000);
    }
  });

  it.runIf(hasTargets)('builds stages of the Dockerfile', () => {
    for (const { build } of [gpu, cpu]) expect(stages).toContain(build['build-target']);
  });
});

describe('compose.yaml', () => {
  const { services, volumes } = readCompose();

  it('has a service with a GPU and one without, of which a profile starts only its own', () => {
    expect(Object.entries(services).map(([name, { profiles }]) => [name, profiles])).toEqual([
      ['gpu', ['gpu']],
      ['cpu', ['cpu']],
    ]);
    expect(services.gpu?.deploy).toEqual({
      resources: { reservations: { devices: [{ driver: 'nvidia', count: 1, capabilities: ['gpu'] }] } },
    });
    expect(services.cpu?.deploy).toBeUndefined();
  });

  it('writes to its volume and to /tmp only, as nobody special, and is told to end by SIGTERM', () => {
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], tmpfs: ['/tmp'], stop_signal: 'SIGTERM' });
      expect(Object.keys(volumes)).toContain(service.volumes[0].split(':')[0]);
      // Without a token it is for this host alone.
      for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it.runIf(hasTargets)('builds stages of the Dockerfile', () => {
    for (const { build } of Object.values(services)) expect(stages).toContain(build.target);
  });
});

describe('pods', () => {
  const { spec: pod, metadata } = kubernetes.spec.template;
  const { predictor } = inferenceService.spec;

  it('run as nobody special and write to their volumes only', () => {
    const nobodySpecial = { runAsNonRoot: true, runAsUser: 10_001, runAsGroup: 10_001 };
    expect(pod.securityContext).toMatchObject(nobodySpecial);
    for (const { securityContext } of runtime.spec.containers) expect(securityContext).toMatchObject(nobodySpecial);
    for (const { securityContext } of [pod, predictor]) {
      expect(securityContext).toMatchObject({ fsGroup: 10_001, seccompProfile: { type: 'RuntimeDefault' } });
    }
    const containers = [...(pod.initContainers ?? []), ...pod.containers, ...runtime.spec.containers];
    for (const { securityContext, volumeMounts } of containers) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp']);
    }
  });

  it('get no variables from Services, which would look like settings', () => {
    for (const { enableServiceLinks } of [pod, predictor]) expect(enableServiceLinks).toBe(false);
  });

  it('build the engine on the same GPU, volume and settings before they serve', () => {
    const [builder] = pod.initContainers ?? [];
    const [server] = pod.containers;
    expect(builder?.args).toEqual(['build-engine']);
    expect(builder).toMatchObject({
      image: server.image,
      envFrom: server.envFrom,
      volumeMounts: server.volumeMounts,
      resources: server.resources,
    });
    expect(server.resources.limits['nvidia.com/gpu']).toBe(1);
  });

  it('are killed for silence only, not for a model that takes long', () => {
    for (const { startupProbe, livenessProbe } of [...pod.containers, ...runtime.spec.containers]) {
      for (const probe of [startupProbe, livenessProbe]) expect(probe?.httpGet.path).toMatch(/\/health\/live$/);
      expect((livenessProbe?.periodSeconds ?? 0) * (livenessProbe?.failureThreshold ?? 0)).toBeGreaterThanOrEqual(60);
    }
  });

  it('take their volumes from claims that are there', () => {
    const claims = ['deploy/kubernetes/gpu/volume-claim.yaml', 'deploy/kserve/volume-claim.yaml'].map((file) =>
      readManifest(file),
    );
    const wanted = [pod, runtime.spec].flatMap(({ volumes }) =>
      volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []),
    );
    expect(claims.map(({ metadata: { name } }) => name)).toEqual(wanted);
  });

  it('compute with as many threads as they may use processors, of which a container does not see the limit', () => {
    const { cpuThreads, cpuWorkers } = loadConfig({
      env: readEnvironment('deploy/kubernetes/cpu/hornet.env'),
      folder: null,
    }).settings;
    const [container] = readManifest<DeploymentManifest>('deploy/kubernetes/cpu/deployment.yaml').spec.template.spec
      .containers;
    expect(container.resources.limits.cpu).toBe(String(cpuThreads * cpuWorkers));
  });

  it('are counted by a number that the autoscaler alone sets, and scraped where they listen', () => {
    expect(kubernetes.spec.replicas).toBeUndefined();
    expect(metadata.annotations).toMatchObject({ 'prometheus.io/port': '3000', 'prometheus.io/path': '/metrics' });
    expect(runtime.spec.annotations).toMatchObject({ 'prometheus.kserve.io/port': '8080' });
  });
});

describe('what belongs together on Kubernetes', () => {
  interface Selecting extends Manifest {
    readonly spec: { readonly selector: { readonly matchLabels?: unknown }; readonly scaleTargetRef?: unknown };
  }
  const read = (name: string): Selecting => readManifest(`deploy/kubernetes/gpu/${name}.yaml`);
  const labels = { 'app.kubernetes.io/name': 'hornet' };

  it('finds the pods by their label, and the Deployment by its name', () => {
    expect(kubernetes.spec.template.metadata).toMatchObject({ labels });
    expect(read('deployment').spec.selector.matchLabels).toEqual(labels);
    expect(read('disruption-budget').spec.selector.matchLabels).toEqual(labels);
    expect(read('service').spec).toMatchObject({ selector: labels, ports: [{ targetPort: 'http' }] });
    expect(read('autoscaler').spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: 'hornet' });
  });

  it('has a model format that KServe finds the runtime by, and protocol v2', () => {
    const { model } = inferenceService.spec.predictor;
    expect(model).toMatchObject({ runtime: runtime.metadata.name, protocolVersion: 'v2' });
    expect(runtime.spec.supportedModelFormats).toMatchObject([model.modelFormat as object]);
    expect(runtime.spec.protocolVersions).toEqual(['v2']);
  });
});
