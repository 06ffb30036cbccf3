import { stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fileState } from '../../onnx/file-state.js';
import { commit, nameOf, storeSnapshot } from './cache.fixture.js';
import { blobPath, snapshotFile } from './cache-paths.js';
import { findSnapshot } from './find-snapshot.js';
import { markUsed } from './mark-used.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';

useCache();

it('notes the time, and lets files be those that they were, however often', async () => {
  await storeSnapshot(paths, commit('a'), { 'config.json': '{}', 'onnx/model.onnx': 'weights' });
  const blob = blobPath(paths, nameOf('onnx/model.onnx', 'weights'));
  const files = [blob, ...['config.json', 'onnx/model.onnx'].map((path) => snapshotFile(paths, commit('a'), path))];
  const found = await findSnapshot({ cacheDir, bakedCacheDirs: [], repository: 'org/name', revision: commit('a') });
  if (!found.found) throw new Error('no snapshot');
  const states = await Promise.all(files.map(fileState));
  const { mtimeNs } = await stat(blob, { bigint: true });
  for (let day = 1; day <= 20; day++) {
    const now = new Date(Date.UTC(2030, 0, day));
    await markUsed(found.snapshot, now);
    const marked = await stat(blob, { bigint: true });
    expect(marked.atimeMs).toBe(BigInt(now.getTime()));
    expect(marked.mtimeNs / 1000n).toBe(mtimeNs / 1000n);
    expect(await Promise.all(files.map(fileState))).toEqual(states);
  }
});
