import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { HornetError } from '../errors/hornet-error.js';
import { copySnapshot } from '../hub/copy-snapshot.js';
import { fetchModel } from '../hub/fetch-model.js';
import type { FetchProgress } from '../hub/fetch-progress.js';
import { formatBytes } from './format-bytes.js';
import { loggerOf } from './logger-of.js';
import { addSettingFlags, settingFlags } from './setting-flags.js';

interface FetchFlags {
  readonly revision?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** `hornet fetch MODEL...`: what an image build runs. */
export function fetchCommand(): Command {
  const command = new Command('fetch')
    .description('Fetches models of the Hub into the cache, or into a folder with --to.')
    .argument('<MODEL...>', 'ORG/REPO[@REVISION]')
    .option('--revision <revision>', 'branch, tag or commit, where MODEL names none')
    .option('--to <folder>', 'also copy the files to this folder (of several models: to its subfolders by name)')
    .option('--json', 'print a JSON array of {model, repository, commit, dtype, folder, files, source}')
    .action(async (models: string[], flags: FetchFlags) => {
      const config = loadConfig({ models, flags: settingFlags(command), defaults: { logLevel: 'warn' } });
      const log = loggerOf(config);
      const stop = new AbortController();
      const interrupt = (): void =>
        stop.abort(new HornetError('ERR_CANCELLED', 'The download was interrupted; the next one goes on from there.'));
      process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
      const rows: Record<string, unknown>[] = [];
      const wanted = config.servings.map(({ reference, dtype, forceDownload }) => {
        const { name, source, text } = reference;
        if (source.kind === 'hub') return { name, source, text, dtype, forceDownload };
        throw new HornetError('ERR_USAGE', `"${text}" is not a model of the Hub; there is nothing to fetch.`);
      });
      for (const { name, source, text, dtype, forceDownload } of wanted) {
        const bar = progressBar(source.repository);
        const fetched = await fetchModel(source.repository, {
          environment: config.hub,
          revision: text.includes('@') ? source.revision : flags.revision,
          dtype,
          force: forceDownload,
          log,
          signal: stop.signal,
          onProgress: bar.update,
        }).finally(bar.stop);
        let { folder } = fetched;
        if (flags.to !== undefined) {
          folder = wanted.length === 1 ? flags.to : join(flags.to, name);
          await copySnapshot(fetched.folder, fetched.files, folder);
        }
        rows.push({ model: text, ...fetched, folder });
        if (flags.json !== true) {
          const how = fetched.source === 'cache' ? ' (from the cache; the Hub was not asked)' : '';
          process.stdout.write(`${text}: ${fetched.dtype} at ${fetched.commit}${how}\n  ${folder}\n`);
        }
      }
      if (flags.json === true) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    });
  addSettingFlags(command, ['dtype', 'forceDownload', 'offline', 'home', 'logLevel']);
  return command;
}

function progressBar(label: string): { update: (progress: FetchProgress) => void; stop: () => void } {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${label} {bar} {percentage} % of {size}, {rate}/s, {left} left`,
    clearOnComplete: true,
  });
  let started = false;
  return {
    update: ({ bytesDone, bytesTotal, bytesPerSecond, secondsLeft }) => {
      const left = secondsLeft === null ? '?' : `${Math.ceil(secondsLeft)} s`;
      const payload = { size: formatBytes(bytesTotal), rate: formatBytes(bytesPerSecond), left };
      if (!started) bar.start(bytesTotal, bytesDone, payload);
      else {
        bar.setTotal(bytesTotal);
        bar.update(bytesDone, payload);
      }
      started = true;
    },
    stop: () => bar.stop(),
  };
}
