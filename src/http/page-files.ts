import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HornetError } from '../errors/hornet-error.js';
import { compiledModule } from '../package-info.js';

/** The page as it lies in the package. */
export interface PageFiles {
  readonly html: string;
  /** The page that lists the operations of the API, beside it. */
  readonly docs: string;
  /** Absolute path of the folder of what the page loads. */
  readonly assets: string;
  /** Of all that is in the folder: with any change it is another one. */
  readonly version: string;
}

/**
 * Reads the compiled page, once.
 * @throws ERR_PAGE_MISSING
 */
export function readPageFiles(folder: string = fileURLToPath(compiledModule('web/'))): PageFiles {
  try {
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    const docs = readFileSync(join(folder, 'docs.html'), 'utf8');
    const assets = join(folder, 'assets');
    const hash = createHash('sha256');
    for (const name of filesIn(assets)) {
      const content = readFileSync(join(assets, name));
      hash.update(`${name}\0${content.length}\0`).update(content);
    }
    return { html, docs, assets, version: hash.digest('hex').slice(0, 16) };
  } catch (error) {
    throw new HornetError('ERR_PAGE_MISSING', 'The files of the page cannot be read.', { cause: error });
  }
}

/** Paths of all files below a folder, in the same order every time. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();
}
