// Runs commands in the tree of an image that has been built, as a container engine would: with the image's own user,
// environment, folder and entry point, as process 1 of its own, on a root that cannot be written. The network is that of
// the caller. Linux, as root.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What an image says of itself (the config of a Docker image), and where its tree is mounted.
 *
 * @typedef {{ User: string, Env: string[], Entrypoint: string[], Cmd: string[], WorkingDir: string,
 *   Healthcheck: { Test: string[] }, Labels: Record<string, string>, Volumes: Record<string, object> }} ImageConfig
 * @typedef {{ root: string, config: ImageConfig }} Image
 */

/**
 * @typedef {object} RunOptions
 * @property {string} volume folder that is mounted at /data
 * @property {string[]} [command] instead of the image's entry point and command
 * @property {Record<string, string>} [env] on top of the image's own
 * @property {string} [user] instead of the image's own, UID:GID
 * @property {Record<string, { from: string, writable?: boolean }>} [mounts] more folders, by their place in the image
 */

/** Arguments: place to mount at, root, user, folder; then "FROM:TO:OPTIONS" of each mount, "--", and the command. */
const enter = `
set -euo pipefail
place=$1 root=$2 user=$3 folder=$4
shift 4
mount --bind "$root" "$place"
mount -o remount,bind,ro "$place"
mount -t proc proc "$place/proc"
mount --rbind /dev "$place/dev"
mount --bind /sys "$place/sys"
mount -t tmpfs -o mode=1777 tmpfs "$place/tmp"
mount --bind /etc/hosts "$place/etc/hosts"
while [ "$1" != -- ]; do
  IFS=: read -r from to options <<<"$1"
  mount --bind "$from" "$place$to"
  mount -o "remount,bind,$options" "$place$to"
  shift
done
shift
exec chroot --userspec="$user" "$place" /usr/bin/env -i -C "$folder" "$@"
`;

/**
 * Starts a command, by default the image's own.
 *
 * @param {Image} image
 * @param {RunOptions} options
 */
export function startInImage({ root, config }, { volume, command, env = {}, user = config.User, mounts = {} }) {
  const place = mkdtempSync(join(tmpdir(), 'hornet-image-'));
  for (const name of ['etc/hosts']) if (!existsSync(join(root, name))) writeFileSync(join(root, name), '');
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const mounted = Object.entries(mounts).map(([to, { from, writable }]) => `${from}:${to}:${writable ? 'rw' : 'ro'}`);
  const child = spawn(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'bash', '-c', enter, 'enter'],
      ...[place, root, user, config.WorkingDir, `${volume}:/data:rw`, ...mounted, '--'],
      ...[...config.Env, `HOME=/home/hornet`, ...given],
      ...(command ?? [...config.Entrypoint, ...config.Cmd]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  /** @type {Promise<number | string | null>} */
  const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  void exited.then(() => rmdirSync(place));
  return {
    exited,
    output: () => ({ stdout, stderr }),
    /** Sends a signal to process 1 of the container. @param {NodeJS.Signals} signal */
    kill: (signal) => {
      const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
      process.kill(Number(first), signal);
    },
  };
}

/**
 * Runs a command to its end.
 *
 * @param {Image} image
 * @param {RunOptions} options
 */
export async function runInImage(image, options) {
  const running = startInImage(image, options);
  const exitCode = await running.exited;
  return { exitCode, ...running.output() };
}
