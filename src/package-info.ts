import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Absolute path of the package's folder; the same from src/ (tests) and dist/ (installed). */
export const packageRoot: string = fileURLToPath(new URL('..', import.meta.url));

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** Version of the package. */
export const packageVersion: string = manifest.version;
