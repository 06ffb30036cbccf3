/**
 * Copies what an element says. The clipboard is only given to pages that came by HTTPS or from this machine; others
 * have the older way.
 * @returns whether it was copied; if not, the text is selected, so that it can be copied by hand
 */
export async function copyText(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? '');
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand('copy');
  }
}
