import { describe, expect, it } from 'vitest';
import { isAllowed } from '../../scripts/supply-chain/allowed-licences.mjs';
import { lockPackages } from '../../scripts/supply-chain/lock-packages.mjs';
import { lockfile } from './read-project.js';

const packages = lockPackages(lockfile);

describe('the licences of dependencies', () => {
  it('are all on the list', () => {
    expect(packages.filter((one) => !isAllowed(one)).map(({ id, licence }) => `${id}: ${licence}`)).toEqual([]);
  });

  it.each([
    ['MIT', 'express', true],
    ['(MIT OR GPL-3.0-only)', 'express', true],
    ['MIT AND GPL-3.0-only', 'express', false],
    ['GPL-3.0-or-later', 'express', false],
    ['AGPL-3.0-only', 'express', false],
    ['LGPL-3.0-or-later', 'express', false],
    ['LGPL-3.0-or-later', '@img/sharp-libvips-linux-x64', true],
    ['MPL-2.0', 'express', false],
    ['SEE LICENSE IN LICENSE.txt', 'express', false],
    ['UNLICENSED', 'express', false],
    ['none stated', 'express', false],
  ])('may be %s in %s, which is installed: %s', (licence, name, expected) => {
    expect(isAllowed({ name, licence, isDevelopment: false })).toBe(expected);
  });

  it('may be others for development, but not any', () => {
    expect(isAllowed({ name: 'axe-core', licence: 'MPL-2.0', isDevelopment: true })).toBe(true);
    expect(isAllowed({ name: 'axe-core', licence: 'AGPL-3.0-only', isDevelopment: true })).toBe(false);
  });
});

describe('lockPackages', () => {
  it('counts a package that is needed twice for the stricter of both', () => {
    const both = lockPackages({
      packages: {
        '': {},
        'node_modules/one': { version: '1.0.0', license: 'MIT', dev: true },
        'node_modules/@scope/two': { version: '1.0.0', license: 'MIT', dev: true, optional: true },
        'node_modules/@scope/two/node_modules/one': { version: '1.0.0', license: 'MIT' },
        'node_modules/alias': { name: 'three', version: '2.0.0' },
      },
    });
    expect(both).toEqual([
      expect.objectContaining({ id: '@scope/two@1.0.0', isDevelopment: true, isOptional: true }),
      expect.objectContaining({ id: 'one@1.0.0', isDevelopment: false, licence: 'MIT' }),
      expect.objectContaining({ id: 'three@2.0.0', licence: 'none stated' }),
    ]);
  });
});
