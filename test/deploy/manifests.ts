import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { parse, parseAllDocuments } from 'yaml';
import { packageRoot } from '../../src/package-info.js';

/** The text of a file that is shipped, by its path in the repository. */
export function readShipped(file: string): string {
  return readFileSync(join(packageRoot, file), 'utf8');
}

/** A probe of Kubernetes. */
export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number | string };
  readonly periodSeconds: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold: number;
}

/** What is looked at of a container of Kubernetes. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly [string, string] } } };
  readonly resources: { readonly limits: Readonly<Record<string, string | number>> };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

/** The same of a pod. */
export interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly enableServiceLinks: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly [Container, ...Container[]];
  readonly tolerations?: readonly unknown[];
  readonly volumes: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

/** A manifest of which nothing is known but what all have. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

export interface DeploymentManifest extends Manifest {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly metadata: Manifest['metadata']; readonly spec: PodSpec };
  };
}

/** One manifest of a file. The type is what the caller expects; the published schemas are another test's business. */
export function readManifest<T extends Manifest>(file: string): T {
  return parse(readShipped(file)) as T;
}

/** All manifests of a text. */
export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** The variables of a file with a NAME=VALUE a line. */
export function readEnvironment(file: string): Readonly<Record<string, string>> {
  const lines = readShipped(file).split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** What is looked at of a configuration of Fly. */
export interface FlyConfig {
  readonly kill_signal: string;
  readonly kill_timeout: string;
  readonly build: { readonly 'build-target': string };
  readonly deploy: { readonly wait_timeout: string; readonly strategy: string };
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: { readonly destination: string; readonly initial_size: string };
  readonly http_service: {
    readonly internal_port: number;
    readonly auto_stop_machines: string | boolean;
    readonly auto_start_machines: boolean;
    readonly min_machines_running: number;
    readonly concurrency: { readonly type: string; readonly soft_limit: number; readonly hard_limit: number };
    readonly checks: readonly [FlyCheck];
  };
  readonly checks: { readonly live: FlyCheck & { readonly port: number } };
  readonly restart: readonly [{ readonly policy: string }];
  readonly vm: readonly [{ readonly size: string }];
}

export interface FlyCheck {
  readonly path: string;
  readonly grace_period: string;
  readonly timeout: string;
}

export function readFly(file: string): FlyConfig {
  return parseToml(readShipped(file)) as unknown as FlyConfig;
}

/** What is looked at of a service of compose. */
export interface ComposeService {
  readonly profiles: readonly string[];
  readonly build: { readonly target: string };
  readonly ports: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly [string];
  readonly healthcheck: { readonly test: readonly string[]; readonly start_period: string };
  readonly stop_grace_period: string;
  readonly stop_signal: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly deploy?: unknown;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** compose.yaml with its anchors and merges resolved, and the defaults of its variables in their places. */
export function readCompose(): ComposeFile {
  const text = readShipped('compose.yaml').replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  return parse(text, { merge: true }) as ComposeFile;
}
