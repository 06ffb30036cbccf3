// The licences of what dist/cli contains of other people's packages: they ask that their notices go where their code
// goes. rollup-plugin-license would do it too, but brings Rollup with its binaries.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const rule = '='.repeat(80);

const introduction = `Hornet's command line, the files in this folder, contains code of the packages below. Each is under its own licence,
whose text follows its name. Hornet itself is under the MIT licence (LICENSE).
`;

/**
 * For packages without a file of their licence, what says it: comments at the top of their own files, and a file of
 * another package that has the whole text of the same licence.
 */
const textsElsewhere = {
  '@bufbuild/protobuf': (folder) => [
    leadingComment(join(folder, 'dist/esm/index.js')),
    leadingComment(join(folder, 'dist/esm/wire/varint.js')),
    readFileSync(join(folder, '../../@opentelemetry/api/LICENSE'), 'utf8'),
  ],
};

/**
 * The text for a bundle.
 * @param chunks what rolldown says that it has written
 * @throws Error where a package in it has no licence text
 */
export function thirdPartyLicences(chunks) {
  const packages = [...packageFolders(chunks)].map((folder) => ({
    folder,
    ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  }));
  // Not by the locale: the bundle must be the same everywhere.
  const byName = (a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1);
  const entries = packages.sort(byName).map(({ folder, name, version, license }) => {
    const texts = licenceTexts(name, folder).map((text) => text.replaceAll('\r\n', '\n').trim());
    return [rule, `${name} ${version}`, `Licence: ${license}`, '', texts.join('\n\n'), ''].join('\n');
  });
  return [introduction, ...entries].join('\n');
}

/** The packages that such a text names, as `name@version`. */
export function packagesNamedIn(text) {
  return [...text.matchAll(/^={80}\n(\S+) (\S+)$/gm)].map(([, name, version]) => `${name}@${version}`);
}

/** The folders of all packages of which something has got into the bundle. */
function packageFolders(chunks) {
  const folders = new Set();
  for (const { modules = {} } of chunks) {
    for (const [path, { renderedLength }] of Object.entries(modules)) {
      const [folder] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path) ?? [];
      if (folder !== undefined && renderedLength > 0) folders.add(folder);
    }
  }
  return folders;
}

function licenceTexts(name, folder) {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (files.length > 0) return files.sort().map((file) => readFileSync(join(folder, file), 'utf8'));
  const elsewhere = textsElsewhere[name];
  if (elsewhere === undefined)
    throw new Error(`${name} has no file of its licence; say in ${import.meta.url} what does.`);
  return elsewhere(folder);
}

/** The lines of "//" at the top of a file, without these. */
function leadingComment(file) {
  const [comment] = /^(?:\/\/.*\n)+/.exec(readFileSync(file, 'utf8')) ?? [];
  if (comment === undefined || !/copyright/i.test(comment)) throw new Error(`${file} does not begin with its licence.`);
  return comment.replaceAll(/^\/\/ ?/gm, '');
}
