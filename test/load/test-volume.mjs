import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';

const run = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
  execFileSync(command, args, { stdio: 'pipe' });

// What a file system does when it finds its disk gone. FS_IOC_SHUTDOWN, without writing its log (2).
const shutDown = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))`;

/** @type {typeof import('./test-volume.mjs').TestVolume} */
export class TestVolume {
  #image;
  #isBroken = false;

  /** @param {string} folder @param {number} megabytes */
  constructor(folder, megabytes) {
    this.folder = folder;
    this.#image = `${folder}.image`;
    mkdirSync(folder, { recursive: true });
    const file = openSync(this.#image, 'w');
    ftruncateSync(file, megabytes * 2 ** 20);
    closeSync(file);
    try {
      run('mkfs.ext4', '-q', '-m', '0', this.#image);
      this.#mount();
    } catch (error) {
      rmSync(this.#image);
      const { stderr } = /** @type {{ stderr?: unknown }} */ (error);
      throw new Error(`no volume can be mounted here: ${String(stderr ?? error).trim()}`);
    }
  }

  fill() {
    const file = openSync(this.#filler, 'w');
    try {
      for (const block = Buffer.alloc(4096); ; ) writeSync(file, block);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  makeReadOnly() {
    // An error of the file system, which works while files are open for writing too.
    this.#break('mount', '-o', 'remount,abort', this.folder);
  }

  lose() {
    this.#break('python3', '-c', shutDown, this.folder);
  }

  restore() {
    if (this.#isBroken) {
      run('umount', '-l', this.folder);
      this.#mount();
      this.#isBroken = false;
    }
    rmSync(this.#filler, { force: true });
  }

  remove() {
    run('umount', '-l', this.folder);
    rmSync(this.#image);
  }

  /** @param {string} command @param {string[]} args */
  #break(command, ...args) {
    // As it is a few seconds after anything was written.
    run('sync', '-f', this.folder);
    run(command, ...args);
    this.#isBroken = true;
  }

  get #filler() {
    return `${this.folder}/filler`;
  }

  #mount() {
    run('mount', '-o', 'loop,errors=remount-ro', this.#image, this.folder);
  }
}
