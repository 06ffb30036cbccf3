import { describe, expect, it } from 'vitest';
import { type LockEntry, type Lockfile, lockProblems } from './lock-problems.js';
import { lockfile, readText } from './read-project.js';

const integrity = `sha512-${'A'.repeat(86)}==`;
const withEntry = (entry: LockEntry, path = 'node_modules/one'): Lockfile => ({
  lockfileVersion: 3,
  packages: { '': {}, [path]: { version: '1.0.0', integrity, ...entry } },
});

describe('package-lock.json', () => {
  it('pins every package to bytes of the registry', () => {
    expect(Object.keys(lockfile.packages).length).toBeGreaterThan(300);
    expect(lockProblems(lockfile)).toEqual([]);
  });

  it('is installed from the registry that npm is set to, with no other one in .npmrc', () => {
    expect(readText('.npmrc')).not.toMatch(/registry/i);
  });
});

describe('lockProblems', () => {
  it('has nothing against an alias, a range or a tag', () => {
    const dependencies = { a: '^1.0.0', b: 'npm:@scope/one@>=1 <2 || 3.x', c: '*', d: 'latest', e: '1.0.0-beta.1+2' };
    expect(lockProblems(withEntry({ dependencies }))).toEqual([]);
  });

  it.each<[string, LockEntry]>([
    ['has no integrity in SHA-512', { integrity: '' }],
    ['has no integrity in SHA-512', { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }],
    ['has no integrity in SHA-512', { integrity: `sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= ${integrity}` }],
    ['is resolved to http:', { resolved: 'http://registry.example/one/-/one-1.0.0.tgz' }],
    ['is resolved to https:', { resolved: 'https://registry.example/one/-/one-1.0.0.tgz' }],
    ['is resolved to https:', { resolved: 'https://registry.example/one' }],
    ['is resolved to git+ssh:', { resolved: 'git+ssh://git@github.com/some/one.git#0123456' }],
    ['is resolved to file:', { resolved: 'file:../one-1.0.0.tgz' }],
    ['is a link', { link: true }],
    ['comes inside of another package', { inBundle: true }],
    ['wants other from github:some/other', { dependencies: { other: 'github:some/other' } }],
    ['wants other from some/other', { dependencies: { other: 'some/other' } }],
    ['wants other from git+https:', { optionalDependencies: { other: 'git+https://github.com/some/other.git' } }],
    ['wants other from https:', { dependencies: { other: 'https://example.com/other.tgz' } }],
    ['wants other from file:', { devDependencies: { other: 'file:../other' } }],
    ['wants other from ../other', { dependencies: { other: '../other' } }],
  ])('tells that one %s', (problem, entry) => {
    expect(lockProblems(withEntry(entry)).join()).toContain(problem);
  });

  it('tells of workspaces and of older lockfiles', () => {
    expect(lockProblems(withEntry({}, 'packages/one'))).toEqual(['packages/one is not a package of a registry']);
    expect(lockProblems({ ...withEntry({}), lockfileVersion: 1 })).toEqual(['lockfileVersion is 1, not 3']);
  });
});
