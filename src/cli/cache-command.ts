import { join } from 'node:path';
import { Command } from 'commander';
import ms, { type StringValue } from 'ms';
import { recordName as preparedRecord } from '../backend/onnxruntime/prepared/prepared-record.js';
import { hornetHome } from '../config/hornet-home.js';
import { type Config, loadConfig } from '../config/load-config.js';
import { recordName as engineRecord } from '../engine/engine-record.js';
import { listStored } from '../engine/list-stored.js';
import { HornetError } from '../errors/hornet-error.js';
import { applyPrune } from '../hub/cache/apply-prune.js';
import { repositoryPaths } from '../hub/cache/cache-paths.js';
import { type PruneItem, planPrune } from '../hub/cache/plan-prune.js';
import { removeRepository, removeRevision } from '../hub/cache/remove-from-cache.js';
import { scanCache } from '../hub/cache/scan-cache.js';
import { type DamagedBlob, verifyCache } from '../hub/cache/verify-cache.js';
import { repairBlobs } from '../hub/repair-blobs.js';
import type { Logger } from '../logging/create-logger.js';
import { parseModelReference } from '../model/model-reference.js';
import { formatBytes } from './format-bytes.js';
import { loggerOf } from './logger-of.js';
import { addSettingFlags, settingFlags } from './setting-flags.js';

/** `hornet cache ls|verify|rm|prune`: care for the Hub cache. */
export function cacheCommand(setExitCode: (code: number) => void): Command {
  return new Command('cache')
    .description('Shows and tidies the cache of the Hub.')
    .addCommand(
      subcommand(
        'ls',
        'Lists models with their size, last use, revisions, engines and what is prepared for the CPU.',
        listCache,
      ),
    )
    .addCommand(
      subcommand(
        'verify',
        'Hashes every file again; exit code 1 when one is damaged.',
        async (config, flags, { log }) => {
          if (!(await verify(config, flags, log))) setExitCode(1);
        },
      ).option('--repair', 'fetch damaged files again'),
    )
    .addCommand(
      subcommand('rm', 'Removes models, or single revisions of them.', removeModels).argument(
        '<MODEL...>',
        'ORG/REPO for all of it, ORG/REPO@REVISION for one',
      ),
    )
    .addCommand(
      subcommand('prune', 'Shows what can go; with --yes removes it.', prune)
        .option('--older-than <age>', 'revisions not used for this long, such as 30d')
        .option('--unreferenced', 'revisions that no branch or tag points to any more')
        .option('--yes', 'remove what is shown'),
    );
}

interface CacheFlags {
  readonly json?: boolean;
  readonly repair?: boolean;
  readonly olderThan?: string;
  readonly unreferenced?: boolean;
  readonly yes?: boolean;
}

interface CacheArguments {
  readonly models: readonly string[];
  readonly log: Logger;
}

function subcommand(
  name: string,
  description: string,
  run: (config: Config, flags: CacheFlags, rest: CacheArguments) => Promise<void>,
): Command {
  const command = new Command(name).description(description).option('--json', 'print JSON').exitOverride();
  addSettingFlags(command, ['home', 'offline', 'logLevel']);
  return command.action(async () => {
    const config = loadConfig({ flags: settingFlags(command), defaults: { logLevel: 'warn' } });
    await run(config, command.opts<CacheFlags>(), { models: command.args, log: loggerOf(config) });
  });
}

function print(flags: CacheFlags, value: unknown, text: string): void {
  process.stdout.write(flags.json === true ? `${JSON.stringify(value, null, 2)}\n` : text);
}

async function listCache({ settings, hub }: Config, flags: CacheFlags): Promise<void> {
  const { repositories, bytes, warnings } = await scanCache(hub.cacheDir);
  const home = hornetHome(settings.home);
  const models = await Promise.all(
    repositories
      .filter(({ kind }) => kind === 'model')
      .map(async ({ repository, revisions, partials, lastUsedMs, ...found }) => ({
        repository,
        bytes: found.bytes,
        lastUsed: revisions.length === 0 ? null : new Date(lastUsedMs).toISOString(),
        revisions: revisions.map(({ commit, refs, files, bytes: size }) => ({
          commit,
          refs,
          files: files.length,
          bytes: size,
        })),
        unfinishedBytes: partials.reduce((sum, partial) => sum + partial.bytes, 0),
        engines: await listStored(join(home, 'engines'), repository, engineRecord),
        prepared: await listStored(join(home, 'prepared'), repository, preparedRecord),
      })),
  );
  const lines = models.flatMap(
    ({ repository, bytes: size, lastUsed, revisions, unfinishedBytes, engines, prepared }) => [
      `${repository}  ${formatBytes(size)}, last used ${lastUsed?.slice(0, 16).replace('T', ' ') ?? 'never'}, ` +
        `engines: ${engines.count} (${formatBytes(engines.bytes)}), ` +
        `prepared: ${prepared.count} (${formatBytes(prepared.bytes)})` +
        `${unfinishedBytes === 0 ? '' : `, unfinished downloads: ${formatBytes(unfinishedBytes)}`}`,
      ...revisions.map(({ commit, refs, files }) => `  ${commit}  ${refs.join(', ') || 'no branch'}, ${files} files`),
    ],
  );
  lines.push(
    `${formatBytes(bytes)} in ${hub.cacheDir}`,
    ...warnings.map(({ path, message }) => `warning: ${path}: ${message}`),
  );
  print(flags, { cacheDir: hub.cacheDir, bytes, models, warnings }, `${lines.join('\n')}\n`);
}

/** Returns whether everything is whole in the end. */
async function verify({ hub }: Config, flags: CacheFlags, log: Logger): Promise<boolean> {
  const report = await verifyCache(hub.cacheDir);
  const left = flags.repair === true ? await repairBlobs(report.damaged, hub, log) : report.damaged;
  const describe = (blob: DamagedBlob): string => {
    const uses = blob.usedBy.map(({ commit, path }) => `${path} at ${commit}`).join(', ') || 'used by nothing';
    return `${left.includes(blob) ? 'damaged' : 'repaired'}: ${blob.repository} ${uses}\n  ${blob.path}\n`;
  };
  print(
    flags,
    { ...report, repaired: report.damaged.filter((blob) => !left.includes(blob)), damaged: left },
    `${report.checkedFiles} files, ${formatBytes(report.checkedBytes)} checked, ${left.length} damaged\n` +
      report.damaged.map(describe).join('') +
      report.warnings.map(({ path, message }) => `warning: ${path}: ${message}\n`).join(''),
  );
  return left.length === 0;
}

async function removeModels({ hub }: Config, flags: CacheFlags, { models }: CacheArguments): Promise<void> {
  const removed: { model: string; bytes: number }[] = [];
  for (const model of models) {
    const { source } = parseModelReference(model);
    if (source.kind !== 'hub') throw new HornetError('ERR_USAGE', `"${model}" is not a model of the Hub.`);
    const paths = repositoryPaths(hub.cacheDir, source.repository);
    const { bytes } = model.includes('@')
      ? await removeRevision(paths, source.revision)
      : await removeRepository(paths);
    removed.push({ model, bytes });
  }
  print(flags, removed, removed.map(({ model, bytes }) => `removed ${model}: ${formatBytes(bytes)}\n`).join(''));
}

async function prune({ hub }: Config, flags: CacheFlags): Promise<void> {
  const plan = await planPrune(hub.cacheDir, {
    olderThanMs: flags.olderThan === undefined ? undefined : parseAge(flags.olderThan),
    unreferenced: flags.unreferenced,
  });
  if (flags.yes !== true) {
    const hint =
      plan.items.length === 0 ? 'nothing to remove' : `${formatBytes(plan.bytes)} would be freed; add --yes to do it`;
    print(flags, { ...plan, applied: false }, `${plan.items.map(describeItem).join('')}${hint}\n`);
    return;
  }
  const { removed, skipped, bytes } = await applyPrune(plan);
  const note = skipped.length === 0 ? '' : `, ${skipped.length} left alone because they are in use`;
  print(
    flags,
    { removed, skipped, bytes, applied: true },
    `${removed.map(describeItem).join('')}${formatBytes(bytes)} freed${note}\n`,
  );
}

function describeItem(item: PruneItem): string {
  const what = item.kind === 'revision' ? `revision ${item.commit}` : `${item.kind} ${item.path}`;
  return `${formatBytes(item.bytes).padStart(8)}  ${item.repository}  ${what}\n`;
}

function parseAge(text: string): number {
  const age = /^\d/.test(text) ? ms(text as StringValue) : undefined;
  if (age !== undefined) return age;
  throw new HornetError('ERR_USAGE', `--older-than is "${text}"; a duration such as 12h or 30d was expected.`);
}
