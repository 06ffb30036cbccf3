import { byId } from './dom.js';

/** Pictures that came at once, or why there are none. */
export type Intake = { readonly files: readonly File[] } | { readonly notice: string };

/**
 * Takes pictures in every way that a browser knows: chosen, photographed, dropped anywhere on the page, or pasted.
 * @param onIntake called with what came
 */
export function takePictures(onIntake: (intake: Intake) => void): void {
  for (const [button, input] of [
    ['choose', 'files'],
    ['photograph', 'camera'],
  ] as const) {
    const files = byId(input, HTMLInputElement);
    byId(button, HTMLButtonElement).addEventListener('click', () => files.click());
    files.addEventListener('change', () => {
      onIntake({ files: [...(files.files ?? [])] });
      // Choosing the same file again is a change too.
      files.value = '';
    });
  }
  takeDropped(onIntake);
  document.addEventListener('paste', (event) => {
    if (event.target instanceof HTMLInputElement) return;
    const files = [...(event.clipboardData?.files ?? [])];
    onIntake(files.length > 0 ? { files } : { notice: 'There is no picture in the clipboard.' });
  });
}

function takeDropped(onIntake: (intake: Intake) => void): void {
  // Each element that is entered on the way is left again.
  let depth = 0;
  const mark = (change: number): void => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle('is-dropping', depth > 0);
  };
  document.addEventListener('dragenter', () => mark(1));
  document.addEventListener('dragleave', () => mark(-1));
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
  });
  document.addEventListener('drop', (event) => {
    // The browser would open it instead of the page.
    event.preventDefault();
    mark(Number.NEGATIVE_INFINITY);
    const files = [...(event.dataTransfer?.files ?? [])];
    onIntake(
      files.length > 0
        ? { files }
        : { notice: 'That was no file. Save the picture first, then drop the file here, or copy and paste it.' },
    );
  });
}
