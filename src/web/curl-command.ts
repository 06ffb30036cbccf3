/** A request as {@link curlCommand} writes it down. */
export interface CurlRequest {
  readonly url: string;
  /** Name of the picture's file, as the person has it. */
  readonly fileName: string;
  /** Whether the server wants a token; which one is never written down. */
  readonly withToken: boolean;
}

/** The same request as a line for a POSIX shell. The token is the shell's variable HORNET_TOKEN. */
export function curlCommand({ url, fileName, withToken }: CurlRequest): string {
  const token = withToken ? ['-H "Authorization: Bearer $HORNET_TOKEN"'] : [];
  // "@-" would be the standard input.
  const file = fileName === '-' ? './-' : fileName;
  return ['curl', ...token, `--data-binary ${quoted(`@${file}`)}`, quoted(url)].join(' ');
}

/** A text as one word of a shell, whatever is in it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
