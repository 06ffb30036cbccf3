#!/usr/bin/env node
// Prints a bill of materials in CycloneDX format: all that is installed with Hornet, on any platform, as the lockfile
// has it. It is that of "npm sbom" without what differs each time, so that two can be compared.
//   npm run --silent sbom > hornet.cdx.json

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// All of it, because "--omit=dev" leaves out what both Hornet and its development need, too.
const options = ['--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
const document = JSON.parse(
  execFileSync('npm', ['sbom', ...options], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' }),
);
const isDevelopment = ({ properties }) => properties.some(({ name }) => name === 'cdx:npm:package:development');
const left = new Set(document.components.filter(isDevelopment).map((one) => one['bom-ref']));
document.components = document.components.filter((one) => !left.has(one['bom-ref']));
document.dependencies = document.dependencies
  .filter(({ ref }) => !left.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => !left.has(other)) }));
// npm takes the name of the folder.
document.metadata.component.name = 'hornet';
delete document.metadata.timestamp;
// Of what it says, so another one where that differs: a UUID of version 8, whose content is free (RFC 9562).
document.serialNumber = `urn:uuid:${uuidOf({ ...document, serialNumber: '' })}`;
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);

function uuidOf(value) {
  const hash = createHash('sha256').update(JSON.stringify(value)).digest('hex');
  const [a, b, c, d, e] = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(13, 16),
    hash.slice(17, 20),
    hash.slice(20, 32),
  ];
  return `${a}-${b}-8${c}-8${d}-${e}`;
}
