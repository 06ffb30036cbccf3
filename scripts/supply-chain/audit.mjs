#!/usr/bin/env node
// Asks the registry for vulnerabilities that are known of the packages in the lockfile ("npm audit"), and fails where
// there is one that accepted-advisories.json does not explain: {"GHSA-...": {"reason": "...", "until": "2027-01-31"}}.
// Not every registry answers that question. Then nothing was checked, which is said, and is a failure only with
// HORNET_REQUIRE_AUDIT=1.
//   node scripts/supply-chain/audit.mjs [ACCEPTED]   ACCEPTED: another file than accepted-advisories.json

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(folder));
const accepted = JSON.parse(readFileSync(process.argv[2] ?? join(folder, 'accepted-advisories.json'), 'utf8'));
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

const report = askRegistry();
if (report.auditReportVersion !== 2) reportUnavailable();
else {
  const found = advisoriesIn(report);
  for (const one of found) process.stdout.write(`${one.verdict ?? 'NOT ACCEPTED'}: ${one.text}\n`);
  for (const id of Object.keys(accepted).filter((id) => !found.some((one) => one.id === id))) {
    process.stdout.write(`${id} is accepted, but not reported any more: it can go from the list.\n`);
  }
  const open = found.filter(({ verdict }) => verdict === undefined);
  const packages = report.metadata?.dependencies?.total ?? Object.keys(lock.packages).length - 1;
  process.stdout.write(`${packages} packages: ${found.length} known vulnerabilities, ${open.length} not accepted\n`);
  if (open.length > 0) process.exitCode = 1;
}

function askRegistry() {
  const options = ['--json', '--package-lock-only', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  const { stdout } = spawnSync('npm', ['audit', ...options], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    return JSON.parse(stdout);
  } catch {
    return {};
  }
}

function reportUnavailable() {
  const reason = report.message ?? report.error?.summary ?? 'npm audit gave no report';
  const isRequired = process.env.HORNET_REQUIRE_AUDIT === '1';
  process.stdout.write(
    `!! Known vulnerabilities were not looked for: the registry gave no answer to that (${reason.split('\n')[0]}).\n`,
  );
  if (isRequired) process.exitCode = 1;
}

/** Each advisory once for each package that it is about. Packages that depend on such a one are reported beside it. */
function advisoriesIn({ vulnerabilities }) {
  return Object.values(vulnerabilities).flatMap(({ name, via, nodes }) =>
    via
      .filter((cause) => typeof cause === 'object')
      .map(({ url, severity, title, range }) => {
        const id = url.split('/').at(-1);
        const reach = nodes.every((path) => lock.packages[path]?.dev === true) ? 'development only' : 'installed';
        return { id, text: `${name} ${range} (${reach}): ${severity}: ${title} ${url}`, verdict: verdictOn(id) };
      }),
  );
}

/** Why an advisory is no failure, or undefined. */
function verdictOn(id) {
  const entry = accepted[id];
  if (entry === undefined || !(Date.parse(entry.until) > Date.now())) return undefined;
  return `accepted until ${entry.until}, because ${entry.reason}`;
}
