import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../src/errors/error-registry.js';
import type { ImageProcessor } from '../../src/image/image-processor.js';
import { parsePreprocessorConfig } from '../../src/model/parse-preprocessor-config.js';

/** What one processor makes of one picture. */
export interface GoldenOutput {
  readonly u8: { readonly height: number; readonly width: number; readonly sha256: string };
  readonly f32: { readonly shape: readonly number[]; readonly sha256: string };
  /** What transformers 4 makes of it, where that differs. */
  readonly transformers4?: { readonly u8_sha256: string; readonly f32_sha256: string };
}

/** What Pillow and transformers make of one file. */
export type GoldenImage =
  | {
      readonly valid: true;
      readonly rgb: { readonly width: number; readonly height: number; readonly sha256: string };
      readonly outputs: Readonly<Record<string, GoldenOutput>>;
    }
  | { readonly valid: false; readonly error: { readonly type: string; readonly message: string } };

interface GoldenFile {
  readonly configs: Readonly<Record<string, { readonly file: string; readonly model_type?: string }>>;
  readonly images: Readonly<Record<string, GoldenImage>>;
}

/** A file that is known to come out otherwise than in Python. */
export type Exception =
  /** Not taken at all. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }
  /** Decodes to other pixels of the same size. */
  | { readonly kind: 'pixels'; readonly reason: string }
  /** These processors of transformers 5 give something else; what we give is what transformers 4 gives. */
  | { readonly kind: 'transformers4'; readonly processors: readonly string[]; readonly reason: string };

/** A golden file with its pictures and processors. */
export interface GoldenSet {
  readonly name: string;
  /** Folder of the files that `images` names. */
  readonly imageFolder: string;
  readonly images: Readonly<Record<string, GoldenImage>>;
  readonly processors: ReadonlyMap<string, ImageProcessor>;
  readonly exceptions: Readonly<Record<string, Exception>>;
  /** Code that each invalid file is refused with. */
  readonly refusals: Readonly<Record<string, ErrorCode>>;
}

/** Root of the repository. */
export const repositoryRoot = join(import.meta.dirname, '..', '..');

/** Reads a golden file; null where it, or its folder of pictures, is not there. */
export function readGoldenSet(
  goldenFile: string,
  imageFolder: string,
  known: Pick<GoldenSet, 'name' | 'exceptions' | 'refusals'>,
): GoldenSet | null {
  if (!existsSync(goldenFile) || !existsSync(imageFolder)) return null;
  const golden = JSON.parse(readFileSync(goldenFile, 'utf8')) as GoldenFile;
  const processors = new Map<string, ImageProcessor>();
  for (const [id, { file, model_type: modelType }] of Object.entries(golden.configs)) {
    const json: unknown = JSON.parse(readFileSync(join(goldenFile, '..', file), 'utf8'));
    processors.set(id, parsePreprocessorConfig(json, modelType));
  }
  return { ...known, imageFolder, images: golden.images, processors };
}
