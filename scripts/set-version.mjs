// npm's version script. "npm version" has written the new version into package.json and the lockfile; this writes it
// wherever else it stands, dates the newest heading of the changelog, and stages all of that for npm's commit.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { versionPlaces } from './version-places.mjs';

const inProject = (path) => new URL(`../${path}`, import.meta.url);
const read = (path) => readFileSync(inProject(path), 'utf8');
const { version } = JSON.parse(read('package.json'));

const changelog = read('CHANGELOG.md');
const heading = /^## (Unreleased|\S+ \(unreleased\))$/m;
if (!heading.test(changelog)) {
  process.stderr.write(
    'CHANGELOG.md has no heading "## Unreleased", so there is nothing to release. package.json and package-lock.json have ' +
      'been changed: git checkout package.json package-lock.json\n',
  );
  process.exit(1);
}
const today = new Date().toISOString().slice(0, 10);
writeFileSync(inProject('CHANGELOG.md'), changelog.replace(heading, `## ${version} (${today})`));

for (const { path, pattern } of versionPlaces) {
  const renamed = read(path).replaceAll(pattern, (found, old) => found.replace(old, version));
  writeFileSync(inProject(path), renamed);
}
const paths = versionPlaces.map(({ path }) => path);
execFileSync('git', ['add', 'CHANGELOG.md', ...paths], { cwd: inProject('.') });
