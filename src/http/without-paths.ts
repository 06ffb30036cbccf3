import { basename } from 'node:path';

/** A path from the root, of the user's folder, or relative with a dot; not the path of a URL, nor a lone slash. */
const path = /(?<![\w:/.~])(?:~|\.{1,2})?\/[^\s"'`,;()<>]*[^\s"'`,;()<>.:]/g;

/**
 * A text for people whom the places of files are none of the business: of each path only its last segment is left.
 * What follows a scheme (`https://...`) or is no path (`ORG/REPO`) stays as it is.
 */
export function withoutPaths(text: string): string {
  return text.replace(path, (found) => basename(found));
}
