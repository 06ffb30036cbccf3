/** A file system of its own, in a file: ext4 over a loop device, mounted where the folder is. Needs root. */
export class TestVolume {
  readonly folder: string;

  /** @throws Error with what the system says where nothing can be mounted */
  constructor(folder: string, megabytes: number);

  /** Leaves no room. */
  fill(): void;
  /** As when the kernel finds an error in the file system. */
  makeReadOnly(): void;
  /** Every access fails with EIO from now on, as when a disk is detached or its network is gone. */
  lose(): void;
  /** Undoes any of these. A file system that was lost or in error is mounted anew. */
  restore(): void;
  remove(): void;
}

export type VolumeFault = 'full' | 'read-only' | 'lost';
