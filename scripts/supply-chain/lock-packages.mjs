/**
 * The packages of a package-lock.json, each name and version once, sorted by both. Which are installed depends on the
 * platform; the lock has all of them.
 */
export function lockPackages(lock) {
  const found = new Map();
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const id = `${name}@${entry.version}`;
    const earlier = found.get(id);
    found.set(id, {
      id,
      name,
      version: entry.version,
      licence: entry.license ?? 'none stated',
      isDevelopment: entry.dev === true && earlier?.isDevelopment !== false,
      isOptional: entry.optional === true && earlier?.isOptional !== false,
    });
  }
  return [...found.values()].sort((a, b) => order(a.name, b.name) || order(a.version, b.version));
}

/** Not by the locale: what is made of it must be the same everywhere. */
function order(a, b) {
  return a < b ? -1 : Number(a > b);
}
