/** Bytes, text, a file on disk, or `size` pseudo-random bytes that are never in memory as a whole. */
export type Content = Uint8Array | string | { path: string } | { size: number; seed?: number | string };

/** A file of a commit; `lfs` defaults to what the Hub's own .gitattributes and its 10 MiB limit would say. */
export type FileDefinition = Content | { content: Content; lfs?: boolean };

/** Files by path; null removes one that the parent commit has. */
export type Files = Record<string, FileDefinition | null>;

export interface RepositoryDefinition {
  /** ORG/NAME */
  id: string;
  private?: boolean;
  gated?: false | 'auto' | 'manual';
  /** Tokens that may read it where it is private or gated. Any of them is a valid token elsewhere. */
  tokens?: readonly string[];
  /** Names it had before; requests for them are redirected (307). */
  formerIds?: readonly string[];
  /** One commit on `main`, its id computed from the content. */
  files?: Files;
  /** Whole commits by id (40 hexadecimal digits), oldest first, each the parent of the next. */
  commits?: Record<string, Files>;
  /** Branches and tags. Without `main`, the newest commit is `main`. */
  revisions?: Record<string, string>;
  pipelineTag?: string;
  libraryName?: string;
  tags?: readonly string[];
}

export interface StoredFile {
  path: string;
  content: Content;
  size: number;
  sha256: string;
  /** Sha1 of the git blob: of the content, or of the pointer where the file is LFS. */
  oid: string;
  lfs: boolean;
  /** The text of the LFS pointer. */
  pointer: string | null;
  /** What names the blob in a cache: sha256 for LFS, oid otherwise. X-Linked-ETag, without its quotes. */
  etag: string;
  /** The ETag at the second host, without its quotes: says nothing about the content, as with S3. */
  storeEtag: string;
}

export interface Commit {
  id: string;
  parent: string | null;
  title: string;
  date: string;
  files: Map<string, StoredFile>;
}

export interface CommitOptions {
  /** Branch to move, `main` unless given; null moves none. */
  revision?: string | null;
  title?: string;
  /** 40 hexadecimal digits; computed from the parent and the content unless given. */
  id?: string;
  /** The files are all there is, rather than changes to the parent's. */
  replace?: boolean;
}

export class Repository {
  /** Without its commits: use `Repository.create`. */
  constructor(definition: RepositoryDefinition);
  static create(definition: RepositoryDefinition): Promise<Repository>;
  id: string;
  private: boolean;
  gated: false | 'auto' | 'manual';
  pipelineTag: string;
  libraryName: string;
  tags: readonly string[];
  readonly tokens: Set<string>;
  readonly formerIds: Set<string>;
  readonly commits: Map<string, Commit>;
  readonly revisions: Map<string, string>;
  readonly filesBySha256: Map<string, StoredFile>;
  /** Adds a commit on top of a branch, moves the branch there and gives the commit's id. */
  addCommit(files: Files, options?: CommitOptions): Promise<string>;
  setRevision(name: string, commitId: string): void;
  resolve(revision: string): Commit | undefined;
  /** The file at a revision, `main` unless given. @throws RangeError where there is none */
  file(path: string, revision?: string): StoredFile;
  lastCommitOf(commit: Commit, path: string): Commit;
}

/** All files of a folder, served from the disk. */
export function readFolder(folder: string): Promise<Record<string, FileDefinition>>;

/** `hub` knows names and metadata and sends small files; `cdn` is the second host, which sends LFS files. */
export type HubHost = 'hub' | 'cdn';

interface FaultTarget {
  /**
   * Whole URL path, `/org/name/path` or `path` of the file asked for. In a text `*` stands for anything.
   * Every request unless given.
   */
  path?: string | RegExp;
  host?: HubHost;
  method?: 'GET' | 'HEAD' | 'POST';
  /** Requests it would strike but lets pass first. */
  skip?: number;
  /** How many it strikes: 1 unless given, a redirect loop all. */
  times?: number;
}

/**
 * The first group strikes before the answer, at either host. The second spoils bodies (status 200 and 206 only) and
 * waits for one that it can spoil: `afterBytes` counts bytes of that body, `offset` is a place in the file.
 */
export type Fault = FaultTarget &
  (
    | { kind: 'reset' }
    | {
        kind: 'status';
        status: number;
        retryAfter?: number | string;
        headers?: Record<string, string>;
        message?: string;
      }
    | { kind: 'redirect-loop' }
    /** `to`: a URL, or `cdn` for a signed URL of the file (on `main`) at the second host. */
    | { kind: 'redirect'; to: string; status?: number }
    | { kind: 'cut'; afterBytes: number /** TCP reset instead of an orderly end */; reset?: boolean }
    /** Stops until released or until the client goes. */
    | { kind: 'stall'; afterBytes: number }
    /** All bits of the byte at this offset of the file. */
    | { kind: 'flip'; offset: number }
    /** Content-Length differs from the truth; below it the body ends there, above it the connection breaks. */
    | { kind: 'length'; delta: number }
    | { kind: 'ignore-range' }
    /** Other content with its own ETag and size. */
    | { kind: 'replace'; content: Content }
  );

export interface FaultHandle {
  readonly id: number;
  /** How many requests it has struck. */
  readonly hits: number;
  /** Resolves when it has struck this many requests, 1 unless given. */
  hit(count?: number): Promise<void>;
  /** Lets responses that it stalls go on, now and later. */
  release(): void;
  remove(): void;
}

export interface RequestRecord {
  id: number;
  host: HubHost;
  method: string;
  /** Decoded. */
  path: string;
  /** With its question mark, or empty. */
  query: string;
  headers: Record<string, string | string[] | undefined>;
  authorization: string | null;
  range: string | null;
  /** ORG/NAME/PATH where the request is for a file, at either host. */
  file: string | null;
  status: number | null;
  /** Whether the content of a file is the body, whole or in part. */
  content: boolean;
  /** Bytes of the body handed to the system. */
  bytesSent: number;
  /** `cut` is our doing, `aborted` the client's. */
  state: 'open' | 'stalled' | 'complete' | 'cut' | 'aborted';
  fault: Fault['kind'] | null;
}

export interface Downloads {
  /** Requests answered with content of the file. */
  gets: number;
  /** Those sent to their end. */
  complete: number;
  bytes: number;
}

export interface Stats {
  requests: number;
  /** Bytes of all bodies. */
  bytesSent: number;
  /** By ORG/NAME/PATH. */
  files: Record<string, Downloads>;
  /** Every Authorization header seen, by host. */
  authorization: Record<HubHost, string[]>;
  openConnections: Record<HubHost, number>;
}

export interface HubServerOptions {
  repositories?: readonly (RepositoryDefinition | Repository)[];
  /** Valid tokens that open no private or gated repository. */
  tokens?: readonly string[];
  /** Ports; the system chooses unless given. */
  port?: number;
  cdnPort?: number;
  /** Name by which clients are sent to the second host: `localhost`, the Hub itself being 127.0.0.1. */
  cdnHost?: string;
  /** The second host's ETag: the store's own, or the sha256 as some of the Hub's stores give it. */
  cdnEtag?: 'own' | 'sha256';
  /** Small files of public repositories are redirected (307) to /api/resolve-cache, as on the Hub. True unless given. */
  resolveCache?: boolean;
  /** Small files are gzipped for clients that take it, without Content-Length and with a weak ETag, as on the Hub. */
  compress?: boolean;
  /** LFS files carry the headers of the Xet protocol, which this server does not speak. */
  xet?: boolean;
  treePageSize?: number;
  signedUrlSeconds?: number;
  /** Bytes per second, of all responses together. */
  throttle?: number;
}

export interface HubServer {
  /** For HF_ENDPOINT, without a slash at its end. */
  readonly url: string;
  readonly cdnUrl: string;
  /** Every request since the start or `clearRequests`, in order of arrival; records change while they are answered. */
  readonly requests: readonly RequestRecord[];
  addRepository(definition: RepositoryDefinition | Repository): Promise<Repository>;
  repository(id: string): Repository;
  removeRepository(id: string): boolean;
  rename(from: string, to: string): void;
  addFault(fault: Fault): FaultHandle;
  fault(id: number): FaultHandle | undefined;
  /** Removes all faults; what they stall goes on. */
  clearFaults(): void;
  /** Bytes per second of all responses together; null is as fast as it goes. */
  setThrottle(bytesPerSecond: number | null): void;
  /** What was sent of a file, given as ORG/NAME/PATH. */
  downloads(file: string): Downloads;
  stats(): Stats;
  clearRequests(): void;
  /** Resolves when the predicate holds; asked at every arrival, every piece sent and every end of a request. */
  until(predicate: (server: HubServer) => boolean): Promise<void>;
  /** Closes the listener and all connections of one host, or of both. Later connections are refused. */
  stop(host?: HubHost): Promise<void>;
  /** Listens again on the same port. */
  start(host?: HubHost): Promise<void>;
}

/** Starts a Hub on loopback with the given repositories. */
export function startHubServer(options?: HubServerOptions): Promise<HubServer>;
