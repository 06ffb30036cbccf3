import type { LockPackage } from './lock-packages.mjs';

export function isAllowed(one: Pick<LockPackage, 'name' | 'licence' | 'isDevelopment'>): boolean;
