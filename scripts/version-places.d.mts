/** Where Hornet's version stands besides package.json and the lockfile; the first group of each pattern is the version. */
export const versionPlaces: readonly { readonly path: string; readonly pattern: RegExp }[];
