import { duration } from '../../src/config/setting-schemas.js';
import {
  type Container,
  type DeploymentManifest,
  type Manifest,
  type PodSpec,
  type Probe,
  readCompose,
  readEnvironment,
  readFly,
  readManifest,
} from './manifests.js';

/** One way to run the image, in the same words for all platforms. */
export interface Deployment {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  /** MODEL arguments. */
  readonly models: readonly string[];
  /** Every place where the port of the server is written. */
  readonly ports: readonly number[];
  readonly livePaths: readonly string[];
  readonly readyPaths: readonly string[];
  /** How long the server has from SIGTERM on until it is killed. */
  readonly stopMs: number;
  /** How long it may take to be ready without being killed or given up; null: as long as it wants. */
  readonly firstBootMs: number | null;
  /** Where a volume is. */
  readonly mounts: readonly string[];
  /** Of the image, where nothing is said. */
  readonly user: number | undefined;
}

/** A time of Go, Fly and compose. */
export const msOf = (text: string): number => duration.parse(text);

/** A predictor of KServe is a pod with the rest of its container elsewhere. */
export interface InferenceServiceManifest extends Manifest {
  readonly spec: {
    readonly predictor: PodSpec & {
      readonly model: { readonly runtime: string; readonly modelFormat: unknown; readonly storageUri: string };
      readonly autoScaling: {
        readonly metrics: readonly [{ readonly external: { readonly metric: { readonly query: string } } }];
      };
    };
  };
}

export interface ServingRuntimeManifest extends Manifest {
  readonly spec: Pick<PodSpec, 'containers' | 'volumes'> & {
    readonly annotations: Readonly<Record<string, string>>;
    readonly supportedModelFormats: readonly { readonly name: string; readonly version: string }[];
    readonly protocolVersions: readonly string[];
  };
}

export const kubernetesFile = 'deploy/kubernetes/gpu/deployment.yaml';
export const kubernetes = readManifest<DeploymentManifest>(kubernetesFile);
export const runtime = readManifest<ServingRuntimeManifest>('deploy/kserve/serving-runtime.yaml');
export const inferenceService = readManifest<InferenceServiceManifest>('deploy/kserve/inference-service.yaml');

/** All ways that are shipped. */
export const deployments: readonly Deployment[] = [
  ...['fly.toml', 'fly.cpu.toml'].map(flyDeployment),
  ...Object.entries(readCompose().services).map(([name, service]): Deployment => {
    const target = service.healthcheck.test.join(' ');
    const [, path = ''] = /127\.0\.0\.1:\d+([^']*)'/.exec(target) ?? [];
    return {
      file: `compose.yaml, ${name}`,
      environment: service.environment,
      models: [],
      ports: [
        Number(/127\.0\.0\.1:(\d+)/.exec(target)?.[1]),
        ...service.ports.map((port) => Number(port.split(':').at(-1))),
      ],
      livePaths: [],
      readyPaths: [path],
      stopMs: msOf(service.stop_grace_period),
      firstBootMs: msOf(service.healthcheck.start_period),
      mounts: service.volumes.map((volume) => volume.split(':')[1] ?? ''),
      user: Number(service.user.split(':')[0]),
    };
  }),
  podDeployment(kubernetesFile, kubernetes.spec.template.spec, readEnvironment('deploy/kubernetes/gpu/hornet.env')),
  podDeployment('deploy/kubernetes/cpu', kubernetes.spec.template.spec, {
    ...readEnvironment('deploy/kubernetes/gpu/hornet.env'),
    ...readEnvironment('deploy/kubernetes/cpu/hornet.env'),
  }),
  podDeployment('deploy/kserve', { ...inferenceService.spec.predictor, ...runtime.spec }),
];

function flyDeployment(file: string): Deployment {
  const { env, kill_timeout, http_service, checks, mounts, deploy } = readFly(file);
  const [ready] = http_service.checks;
  return {
    file,
    environment: env,
    models: [],
    ports: [http_service.internal_port, checks.live.port],
    livePaths: [checks.live.path],
    readyPaths: [ready.path],
    stopMs: msOf(kill_timeout),
    firstBootMs: Math.min(msOf(ready.grace_period), msOf(deploy.wait_timeout)),
    mounts: [mounts.destination],
    user: undefined,
  };
}

function podDeployment(file: string, pod: PodSpec, environment = environmentOf(pod.containers[0])): Deployment {
  const [container] = pod.containers;
  const { startupProbe, livenessProbe, readinessProbe, lifecycle } = container;
  const [port] = container.ports ?? [];
  const portOf = ({ httpGet }: Probe): number =>
    httpGet.port === port?.name ? Number(port?.containerPort) : Number(httpGet.port);
  const probes = [startupProbe, livenessProbe, readinessProbe].filter((probe) => probe !== undefined);
  const preStopMs = 1000 * Number(lifecycle?.preStop.exec.command[1] ?? 0);
  return {
    file,
    environment,
    models: container.args.slice(1).map((model) => model.replace('{{.Name}}', inferenceService.metadata.name)),
    ports: [...(container.ports ?? []).map(({ containerPort }) => containerPort), ...probes.map(portOf)],
    livePaths: [startupProbe, livenessProbe].map((probe) => probe?.httpGet.path ?? ''),
    readyPaths: [readinessProbe?.httpGet.path ?? ''],
    stopMs: pod.terminationGracePeriodSeconds * 1000 - preStopMs,
    firstBootMs: null,
    mounts: container.volumeMounts.map(({ mountPath }) => mountPath),
    user: Number(container.securityContext.runAsUser ?? pod.securityContext.runAsUser),
  };
}

function environmentOf({ env = [] }: Container): Readonly<Record<string, string>> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}
