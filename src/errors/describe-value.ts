/** A text that fits into a sentence: its beginning where it is longer than that. @param maxLength in characters */
export function shortened(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 3)}...` : text;
}

/** A value of a JSON file as it stands there, shortened so that it fits into a sentence. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing';
  try {
    return shortened(JSON.stringify(value), 80);
  } catch {
    // JSON.parse goes as deep as the text does; JSON.stringify runs out of stack, but for that of newer versions of V8.
    return 'nested too deeply';
  }
}
