import { readFile, stat } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import pLimit from 'p-limit';
import { loadConfig } from '../config/load-config.js';
import { HornetError, messageOf, toHornetError } from '../errors/hornet-error.js';
import { errorBody } from '../http/http-error.js';
import { findImages } from '../image/find-images.js';
import { openServings } from '../serving/open-serving.js';
import type { Serving } from '../serving/serving.js';
import type { LabelScore } from '../serving/top-labels.js';
import { loggerOf } from './logger-of.js';
import { addSettingFlags, modelArgument, settingFlags } from './setting-flags.js';

type Outcome = { readonly image: string } & ({ readonly labels: LabelScore[] } | { readonly error: HornetError });

/** From this many images on, a terminal gets a progress bar. */
const progressFrom = 8;

/** `hornet classify MODEL IMAGE...`: labels of image files; exit code 1 when one of them failed. */
export function classifyCommand(setExitCode: (code: number) => void): Command {
  const command = new Command('classify')
    .description('Classifies image files, and the images in folders.')
    .argument('<MODEL>', modelArgument)
    .argument('<IMAGE...>', 'files and folders')
    .option('--json', 'print a JSON array of {image, labels} or {image, error, code, remedy}')
    .action(async (model: string, paths: string[], { json }: { json?: boolean }) => {
      const config = loadConfig({ models: [model], flags: settingFlags(command), defaults: { logLevel: 'warn' } });
      // That a model cannot be loaded ends the command, which says so in one line; a stack would only bury it.
      const log = loggerOf(config, 'serving.failed');
      const [serving] = openServings(config, { log });
      const images = await findImages(paths);
      if (images.length === 0) throw new HornetError('ERR_USAGE', `There are no images in ${paths.join(', ')}.`);
      try {
        await serving.load();
        const outcomes = await classifyAll(serving, images, config.settings.maxBodyBytes);
        process.stdout.write(json === true ? formatJson(outcomes) : formatTable(outcomes));
        if (outcomes.some((outcome) => 'error' in outcome)) setExitCode(1);
      } finally {
        await serving.close();
      }
    });
  addSettingFlags(command, ['topK', 'dtype', 'backend', 'decode', 'maxBatch', 'maxBodyBytes', 'maxPixels', 'logLevel']);
  return command;
}

async function classifyAll(serving: Serving, images: readonly string[], maxBytes: number): Promise<Outcome[]> {
  const bar =
    process.stderr.isTTY && images.length >= progressFrom
      ? new SingleBar({
          stream: process.stderr,
          format: '{bar} {value}/{total} images, {eta} s left',
          clearOnComplete: true,
        })
      : undefined;
  bar?.start(images.length, 0);
  // Few enough that the serving always has room, enough that it never waits for a file.
  const limit = pLimit(Math.min(32, serving.options.maxQueue));
  try {
    return await Promise.all(
      images.map((image) =>
        limit(async (): Promise<Outcome> => {
          try {
            return { image, labels: (await serving.classify(await readImage(image, maxBytes))).labels };
          } catch (error) {
            return { image, error: toHornetError(error) };
          } finally {
            bar?.increment();
          }
        }),
      ),
    );
  } finally {
    bar?.stop();
  }
}

async function readImage(path: string, maxBytes: number): Promise<Buffer> {
  try {
    const stats = await stat(path);
    const { size } = stats;
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (size > maxBytes) {
      throw new HornetError('ERR_IMAGE_TOO_LARGE', `The file has ${size} bytes; at most ${maxBytes} are accepted.`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof HornetError) throw error;
    throw new HornetError('ERR_IMAGE_UNREADABLE', `The file cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

function formatJson(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) =>
    'error' in outcome ? { image: outcome.image, ...errorBody(outcome.error) } : outcome,
  );
  return `${JSON.stringify(rows, null, 2)}\n`;
}

function formatTable(outcomes: readonly Outcome[]): string {
  return outcomes
    .map((outcome) => {
      if ('error' in outcome) {
        const { message, remedy, code } = outcome.error;
        return `${outcome.image}\n  failed: ${message} ${remedy} [${code}]\n`;
      }
      const lines = outcome.labels.map(({ label, score }) => `  ${score.toFixed(4).padStart(9)}  ${label}\n`);
      return `${outcome.image}\n${lines.join('')}`;
    })
    .join('');
}
