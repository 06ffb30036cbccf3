import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file and folder below the engines with its time of change: what "nothing was written" is compared by. */
export function engineListing(home: string): string[] {
  const root = join(home, 'engines');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${statSync(join(root, name)).mtimeMs}`)
    .sort();
}

/** Engines that count as such (paths of their engine.json); throws where one is not whole. */
export function wholeEngines(home: string): string[] {
  const root = join(home, 'engines');
  if (!existsSync(root)) return [];
  const records = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('engine.json'),
  );
  for (const name of records) {
    const { plan } = JSON.parse(readFileSync(join(root, name), 'utf8')) as { plan: { file: string; sha256: string } };
    const bytes = readFileSync(join(root, name, '..', plan.file));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== plan.sha256) throw new Error(`${name} is half an engine: its plan has the hash ${sha256}`);
  }
  return records;
}

/** What killed or failed builds left behind. */
export function leftovers(home: string): string[] {
  const root = join(home, 'engines');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.build-|\.tmp|\.lock|\.incomplete/.test(name),
  );
}
