import { allowedLicences } from './allowed-licences.mjs';

/**
 * The text of docs/licences.md.
 * @param packages of `lockPackages`
 * @param bundled `name@version` of those that are in dist/cli
 * @param note that it is generated
 * @param table makes one of a header and rows
 */
export function licencesDocument(packages, bundled, note, table) {
  const production = packages.filter(({ isDevelopment }) => !isDevelopment);
  const isBundled = ({ id }) => bundled.includes(id);
  const inside = production.filter(isBundled);
  const beside = production.filter((one) => !isBundled(one) && !one.isOptional);
  const optional = production.filter((one) => !isBundled(one) && one.isOptional);
  const development = packages.filter(({ isDevelopment }) => isDevelopment);
  const list = (some) =>
    table(
      ['Package', 'Version', 'Licence'],
      some.map(({ name, version, licence }) => [name, version, licence]),
    );
  return `# Licences

${note}

Hornet is under the [MIT licence](../LICENSE). These are the licences of all packages in package-lock.json, as they
themselves declare them. A test fails where one is not allowed.

${table(
  ['Allowed licence', 'For', 'Why'],
  allowedLicences.map(({ id, only, isDevelopment, why }) => [
    id,
    only === undefined ? (isDevelopment ? 'development' : 'anything') : `\`${only.source.replaceAll(/[\\^]/g, '')}*\``,
    why,
  ]),
)}

## In Hornet's package

The command line in \`dist/cli\` is a bundle that contains code of these. \`dist/cli/THIRD-PARTY-LICENSES.txt\` has their
notices.

${list(inside)}

## Installed with it

npm installs these beside it, with their own licence files (and those above once more, for the library).

${list(beside)}

## Installed with it where the platform asks for it

${list(optional)}

## For development only

Neither in the package nor installed with it.

${table(['Licence', 'Packages'], byLicence(development))}
`;
}

function byLicence(packages) {
  const groups = new Map();
  for (const { id, licence } of packages) groups.set(licence, [...(groups.get(licence) ?? []), id]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([licence, ids]) => [licence, ids.join(', ')]);
}
