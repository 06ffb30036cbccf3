/**
 * The URL that a header or a setting has, or undefined where it is none. Not by `URL.canParse`: that of Node 20, once it
 * is called often enough to be compiled, takes texts with characters from U+0080 to U+00FF, as headers are read, for URLs
 * that `new URL` then refuses.
 * @param base URL that a relative one is relative to
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
