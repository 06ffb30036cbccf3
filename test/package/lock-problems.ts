/** What is read of package-lock.json. */
export interface Lockfile {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The whole of a SHA-512, once: npm takes any of several. */
const sha512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** Whether npm gets something from elsewhere than a registry: a folder, a file, a repository, any URL. */
const isFromElsewhere = (wanted: string): boolean =>
  !wanted.startsWith('npm:') && (wanted.includes('/') || /^[a-z+]+:/i.test(wanted));

/**
 * Why a lockfile does not pin everything that it installs to bytes of a registry; empty where it does. An entry without
 * `resolved` is of whatever registry npm is set to use, and its bytes are those of `integrity` all the same; one with it
 * names a host, which it is not to (`npm install --omit-lockfile-registry-resolved`).
 */
export function lockProblems({ lockfileVersion, packages }: Lockfile): string[] {
  const problems = lockfileVersion === 3 ? [] : [`lockfileVersion is ${lockfileVersion}, not 3`];
  for (const [path, entry] of Object.entries(packages)) {
    const where = path || 'the project';
    if (path !== '') {
      if (!path.startsWith('node_modules/')) problems.push(`${where} is not a package of a registry`);
      if (entry.link) problems.push(`${where} is a link`);
      if (entry.inBundle) problems.push(`${where} comes inside of another package`);
      if (!sha512.test(entry.integrity ?? '')) problems.push(`${where} has no integrity in SHA-512`);
      if (entry.resolved !== undefined) problems.push(`${where} is resolved to ${entry.resolved}`);
    }
    for (const group of [entry.dependencies, entry.devDependencies, entry.optionalDependencies]) {
      for (const [name, wanted] of Object.entries(group ?? {})) {
        if (isFromElsewhere(wanted)) problems.push(`${where} wants ${name} from ${wanted}`);
      }
    }
  }
  return problems;
}
