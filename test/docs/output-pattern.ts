const wildcard = /\.\.\.|\d+(?:\.\d+)?/g;

/**
 * A pattern for output as a document shows it: a number stands for any number, `...` for anything, also nothing. White
 * space is not looked at, so compact JSON may be shown in lines: compare with {@link withoutSpace} of what was printed.
 */
export function outputPattern(shown: string): RegExp {
  const text = withoutSpace(shown);
  let source = '';
  let end = 0;
  for (const { 0: token, index } of text.matchAll(wildcard)) {
    source += escaped(text.slice(end, index));
    source += token === '...' ? '.*' : '\\d+(?:\\.\\d+)?';
    end = index + token.length;
  }
  return new RegExp(`^${source}${escaped(text.slice(end))}$`);
}

export function withoutSpace(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
