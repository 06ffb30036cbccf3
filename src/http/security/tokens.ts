/** What a token may be good for. */
export const scopes = ['infer', 'control'] as const;

/** `control` loads, unloads and exchanges servings; `infer` is everything else that is not open to all. */
export type Scope = (typeof scopes)[number];

/** A token, and what it is good for. */
export interface Token {
  readonly value: string;
  readonly scopes: ReadonlySet<Scope>;
  /** How people find it, such as `line 3`: tokens themselves are never shown. */
  readonly place: string;
}

/** Tokens, and sentences about what is wrong with the text they were to be read from, without any token in them. */
export interface ParsedTokens {
  readonly tokens: readonly Token[];
  readonly problems: readonly string[];
}

/** What a header can carry without quotes: visible ASCII. */
const usable = /^[\x21-\x7e]+$/;

/** Tokens that are shorter can be guessed, if patiently. */
export const shortestGoodToken = 16;

/** The tokens of HORNET_TOKEN: separated by commas, each good for everything. */
export function parseTokenList(text: string): ParsedTokens {
  const values = text.split(',').map((value) => value.trim());
  const all = new Set(scopes);
  const tokens = values.map((value, index) => ({ value, scopes: all, place: `token ${index + 1}` }));
  return {
    tokens,
    problems: tokens.flatMap(({ value, place }) => {
      if (value === '') return [`${place} is empty`];
      return usable.test(value) ? [] : [`${place} has a space or a character that a header cannot carry`];
    }),
  };
}

/** The tokens of a file: one a line, then its scopes, separated by commas; none: `infer`. `#` begins a comment. */
export function parseTokenFile(text: string): ParsedTokens {
  const tokens: Token[] = [];
  const problems: string[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    // A token may have a "#" in it; a comment stands at the start or after a space.
    const words = line
      .replace(/(^|\s)#.*$/, '')
      .split(/\s+/)
      .filter(Boolean);
    const [value, given = 'infer', ...more] = words;
    if (value === undefined) continue;
    const place = `line ${index + 1}`;
    const named = given.split(',');
    if (!usable.test(value)) problems.push(`${place} has a character that a header cannot carry`);
    else if (more.length > 0 || !named.every(isScope)) {
      problems.push(`${place} must be a token and its scopes, such as "infer,control"`);
    } else tokens.push({ value, scopes: new Set(named.filter(isScope)), place });
  }
  return { tokens, problems };
}

function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}
