interface WrittenChunk {
  readonly modules?: Readonly<Record<string, { readonly renderedLength: number }>>;
}

export function thirdPartyLicences(chunks: readonly WrittenChunk[]): string;
export function packagesNamedIn(text: string): string[];
