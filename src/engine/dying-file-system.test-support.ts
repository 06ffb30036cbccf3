type FileSystem = typeof import('node:fs/promises');

/**
 * A file system that fails everything after so many changes, as if the process had been killed.
 * @param power `left`: how many more changes it takes; below 0 when one was refused
 */
export function dyingFileSystem(original: FileSystem, power: { left: number }): FileSystem {
  const dying =
    <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (power.left-- <= 0) throw Object.assign(new Error('killed'), { code: 'KILLED' });
      return change(...args);
    };
  const { rename, unlink, rm, rmdir, mkdir, link, open, copyFile } = original;
  return {
    ...original,
    rename: dying(rename),
    unlink: dying(unlink),
    rm: dying(rm),
    rmdir: dying(rmdir),
    mkdir: dying(mkdir) as FileSystem['mkdir'],
    link: dying(link),
    copyFile: dying(copyFile),
    // Opened for reading, a file is not changed.
    open: (path, flags, mode) =>
      flags === undefined || flags === 'r' ? original.open(path, flags, mode) : dying(open)(path, flags, mode),
  };
}
