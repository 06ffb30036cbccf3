import satisfies from 'spdx-satisfies';

const permissive = 'Asks for its notice, no more.';

/**
 * Licences that dependencies may have, by their SPDX identifiers. `only` limits one to packages whose names it matches,
 * `isDevelopment` to packages that are neither shipped nor installed with Hornet.
 */
export const allowedLicences = [
  { id: 'MIT', why: permissive },
  { id: 'ISC', why: permissive },
  { id: 'BSD-2-Clause', why: permissive },
  { id: 'BSD-3-Clause', why: permissive },
  { id: 'BlueOak-1.0.0', why: permissive },
  { id: '0BSD', why: 'Asks for nothing.' },
  { id: 'Apache-2.0', why: 'Asks for its text and notices, and grants patents.' },
  {
    id: 'LGPL-3.0-or-later',
    only: /^@img\/sharp-/,
    why:
      'libvips and what it is built of, which sharp loads. npm installs them beside Hornet, in packages of their own that ' +
      "can be exchanged for another build; no part of them is in Hornet's package. Whoever passes on a folder or an " +
      'image that has them inside passes them on under this licence.',
  },
  { id: 'MPL-2.0', isDevelopment: true, why: 'Asks for the source of changed files. They are used as they are.' },
  { id: 'PSF-2.0', isDevelopment: true, why: permissive },
  { id: 'Zlib', isDevelopment: true, why: permissive },
  { id: 'CC-BY-3.0', isDevelopment: true, why: 'Asks for attribution. Lists of licences, no code.' },
  { id: 'CC0-1.0', isDevelopment: true, why: 'Asks for nothing.' },
];

/** Whether a package of `lockPackages` may be used under its licence. */
export function isAllowed({ name, licence, isDevelopment }) {
  const usable = allowedLicences.filter(
    (one) => (isDevelopment || !one.isDevelopment) && (one.only?.test(name) ?? true),
  );
  try {
    return satisfies(
      licence,
      usable.map(({ id }) => id),
    );
  } catch {
    // No SPDX expression, such as "SEE LICENSE IN ...": somebody has to read it.
    return false;
  }
}
