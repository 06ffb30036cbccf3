// Child process of cache-processes.test.ts; imports the compiled code (npm run build:ts).
// Arguments: role (fetch, prune or verify), folder of the cache, JSON of the commits: [[commit, {path: content}]...].
// Works until its standard input ends; prints a line after each round, with "PROBLEM" in it if the cache was wrong.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { applyPrune } from '../../../../dist/hub/cache/apply-prune.js';
import { blobLockPath, blobPath, partialPath, repositoryPaths } from '../../../../dist/hub/cache/cache-paths.js';
import { commitBlob } from '../../../../dist/hub/cache/commit-blob.js';
import { planPrune } from '../../../../dist/hub/cache/plan-prune.js';
import { publishSnapshot } from '../../../../dist/hub/cache/publish-snapshot.js';
import { verifyCache } from '../../../../dist/hub/cache/verify-cache.js';
import { withFileLock } from '../../../../dist/locks/with-file-lock.js';

const [role, cacheDir, json] = process.argv.slice(2);
const paths = repositoryPaths(cacheDir, 'org/name');
const commits = JSON.parse(json);
const say = (line) => new Promise((resolve) => process.stdout.write(`${line}\n`, resolve));

async function fetchBlob(content, etag) {
  const partial = partialPath(paths, etag);
  await mkdir(paths.blobs, { recursive: true });
  await writeFile(partial, content);
  await commitBlob(paths, etag, { expectedBytes: content.length });
}

async function fetchRevision([commit, contents], revision) {
  for (;;) {
    const files = [];
    for (const [path, { etag, content }] of Object.entries(contents)) {
      if (!existsSync(blobPath(paths, etag))) {
        await withFileLock(blobLockPath(paths, etag), {}, () => fetchBlob(content, etag)).catch((error) => {
          // The pruner removed the folder under the download: that is what the next round is for.
          if (error.code !== 'ERR_CACHE_INCOMPLETE' && error.code !== 'ENOENT') throw error;
        });
      }
      files.push({ path, etag, bytes: content.length });
    }
    if ((await publishSnapshot(paths, { commit, files, revision })).published) return;
  }
}

const rounds = {
  fetch: async () => {
    const chosen = commits[Math.floor(Math.random() * commits.length)];
    await fetchRevision(chosen, Math.random() < 0.5 ? 'main' : 'refs/pr/1');
    return 'fetched';
  },
  prune: async () => {
    const now = Date.now() + 1_000_000;
    const orphansOlderThanMs = Math.random() < 0.5 ? 0 : 2_000_000;
    await applyPrune(await planPrune(cacheDir, { olderThanMs: 0, orphansOlderThanMs, now }));
    return 'pruned';
  },
  verify: async () => {
    const { damaged } = await verifyCache(cacheDir);
    return damaged.length > 0 ? `PROBLEM ${JSON.stringify(damaged)}` : 'verified';
  },
};

let stopping = false;
process.stdin.on('end', () => {
  stopping = true;
});
process.stdin.resume();
while (!stopping) await say(await rounds[role]());
