/** A name as HTTP has them. */
const token = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Durations in a Server-Timing header by name, ms, in their order; empty where there is none. What is not well-formed is
 * left out.
 * @see https://www.w3.org/TR/server-timing/#the-server-timing-header-field
 */
export function parseServerTiming(header: string | null): Readonly<Record<string, number>> {
  const timings: Record<string, number> = {};
  for (const entry of header?.match(/(?:"(?:\\.|[^"\\])*"|[^,])+/g) ?? []) {
    const [name = '', ...parameters] = (entry.match(/(?:"(?:\\.|[^"\\])*"|[^;])+/g) ?? []).map((part) => part.trim());
    const duration = parameters.map((text) => /^dur\s*=\s*"?(\d+(?:\.\d+)?)"?$/i.exec(text)?.[1]).find(Boolean);
    if (token.test(name) && duration !== undefined) timings[name] = Number(duration);
  }
  return timings;
}
