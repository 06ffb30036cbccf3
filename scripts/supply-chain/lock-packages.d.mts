export interface LockPackage {
  /** `name@version` */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, or what the package says instead of one. */
  readonly licence: string;
  /** Whether nothing that is installed with Hornet needs it. */
  readonly isDevelopment: boolean;
  /** Whether Hornet is installed without it where it cannot be had, such as on another platform. */
  readonly isOptional: boolean;
}

export function lockPackages(lock: { readonly packages: Readonly<Record<string, object>> }): LockPackage[];
