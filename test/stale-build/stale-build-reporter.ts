import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter } from 'vitest/node';

const root = join(import.meta.dirname, '../..');
const testOnly = /\.(test|test-support|fixture)\.ts$/;

/**
 * Says at the end of a run that dist/ is older than src/. Tests that start workers or the command line have then tried
 * what was built before, not what is in the editor.
 */
export default class StaleBuildReporter implements Reporter {
  onTestRunEnd(): void {
    const newer = sourcesNewerThanBuild();
    if (newer.length === 0) return;
    const [first] = newer;
    const others = newer.length === 1 ? '' : ` and ${newer.length - 1} more`;
    process.stdout.write(
      `\ndist/ is older than ${first}${others}: tests that start workers or the command line tried what was built\n` +
        'before. "npm run build:ts" builds it; "npm test" does so by itself.\n',
    );
  }
}

function sourcesNewerThanBuild(): string[] {
  // The build's last step but one writes it anew, whatever has changed.
  const built = statSync(join(root, 'dist/cli/main.cjs'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !testOnly.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).mtimeMs > built)
    .map((path) => path.slice(root.length + 1));
}
