/** Memory of a process that is in RAM, now and at most since the start or {@link forgetPeak}. */
export function memoryOf(pid: number): { readonly residentBytes: number; readonly peakBytes: number };

/** The peak of a process begins anew, from what it has now. */
export function forgetPeak(pid: number): void;

/** Processor time that a process has used, all threads together, in steps of 10 ms. */
export function cpuMsOf(pid: number): number;

/** A process and all that it has started, directly or not. */
export function treeOf(pid: number): number[];

/**
 * Memory in RAM of a process and all that it has started; what n processes of the machine share counts as an n-th in
 * each (proportional set size).
 */
export function treeBytesOf(pid: number): number;

/** Bytes that are a copy of no file: heaps, stacks, buffers. */
export function anonymousBytesOf(pid: number): number;

/** Open descriptors by kind: socket, pipe, anon_inode:[eventpoll] and so on, and the paths of files. */
export function descriptorsOf(pid: number): Record<string, number>;

/** Threads by name. */
export function threadsOf(pid: number): Record<string, number>;
