import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { LibrarySearch } from '../native/tensorrt-types.js';
import { packageRoot } from '../package-info.js';

/** The settings that say where NVIDIA's libraries are; empty: not said. */
export interface LibrarySettings {
  /** HORNET_CUDA_LIBRARY: a file. */
  readonly cudaLibrary: string;
  /** HORNET_TENSORRT_PATH: folders, separated like those of PATH. */
  readonly tensorRtPath: string;
}

/** What the environment says; for callers that have no configuration, such as the probe of the library. */
export function librarySettingsOf(env: Readonly<Record<string, string | undefined>>): LibrarySettings {
  return { cudaLibrary: env.HORNET_CUDA_LIBRARY ?? '', tensorRtPath: env.HORNET_TENSORRT_PATH ?? '' };
}

/** The folders of HORNET_TENSORRT_PATH, as they were given. */
export function givenFolders({ tensorRtPath }: Pick<LibrarySettings, 'tensorRtPath'>): string[] {
  return tensorRtPath.split(delimiter).filter((folder) => folder !== '');
}

/**
 * Where to look for libraries before the system's own places: HORNET_TENSORRT_PATH, then what
 * scripts/fetch-tensorrt-libraries has put into the package's build folder. Archives of NVIDIA keep the libraries in
 * `lib`, so a folder may also be the one above it.
 */
export function librarySearch(settings: LibrarySettings, root: string = packageRoot): LibrarySearch {
  const given = givenFolders(settings);
  const fetched = join(root, 'build', 'tensorrt-libraries');
  const folders = [...given.map((folder) => resolve(folder)), ...subfolders(fetched)];
  return {
    cudaLibrary: settings.cudaLibrary === '' ? null : settings.cudaLibrary,
    tensorRtFolders: folders.flatMap((folder) => [
      folder,
      ...(existsSync(join(folder, 'lib')) ? [join(folder, 'lib')] : []),
    ]),
  };
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .sort();
}
