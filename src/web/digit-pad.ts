import { byId } from './dom.js';
import { fitStrokes, type Point, type Stroke } from './fit-strokes.js';

/** Edge of the picture that is sent, pixels: ten times what the sample model looks at. */
const pictureSize = 280;
/** The digits that it has learned from fill 20 of 28 pixels, drawn with a pen of about two and a half. */
const digitSize = 200;
const penWidth = 24;

/** A canvas to draw a digit on, with a mouse, a finger or a pen. */
export class DigitPad {
  readonly #canvas = byId('pad', HTMLCanvasElement);
  readonly #hint = byId('pad-hint', HTMLElement);
  readonly #strokes: Point[][] = [];
  #pointer: number | undefined;

  constructor() {
    this.#canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || this.#pointer !== undefined) return;
      this.#pointer = event.pointerId;
      this.#canvas.setPointerCapture(event.pointerId);
      this.#strokes.push([]);
      this.#extend([event]);
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId !== this.#pointer) return;
      const coalesced = event.getCoalescedEvents?.() ?? [];
      this.#extend(coalesced.length > 0 ? coalesced : [event]);
    });
    const onEnd = (event: PointerEvent): void => {
      if (event.pointerId === this.#pointer) this.#pointer = undefined;
    };
    this.#canvas.addEventListener('pointerup', onEnd);
    this.#canvas.addEventListener('pointercancel', onEnd);
    this.#draw();
  }

  get isEmpty(): boolean {
    return this.#strokes.length === 0;
  }

  clear(): void {
    this.#strokes.length = 0;
    this.#draw();
  }

  /** The drawing in the middle of a picture, light on dark. */
  async toPicture(): Promise<File> {
    const canvas = document.createElement('canvas');
    canvas.width = pictureSize;
    canvas.height = pictureSize;
    paint(canvas, fitStrokes(this.#strokes, pictureSize, digitSize), { paper: '#000', ink: '#fff' });
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw new Error('The drawing could not be made into a picture.');
    return new File([blob], 'drawing.png', { type: 'image/png' });
  }

  #extend(events: readonly PointerEvent[]): void {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    this.#strokes.at(-1)?.push(
      ...events.map(({ clientX, clientY }) => ({
        x: ((clientX - left) / width) * pictureSize,
        y: ((clientY - top) / height) * pictureSize,
      })),
    );
    this.#draw();
  }

  #draw(): void {
    this.#hint.hidden = !this.isEmpty;
    paint(this.#canvas, this.#strokes, { paper: '#17130c', ink: '#ffe3ad' });
  }
}

function paint(
  canvas: HTMLCanvasElement,
  strokes: readonly Stroke[],
  { paper, ink }: { readonly paper: string; readonly ink: string },
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const scale = canvas.width / pictureSize;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = paper;
  context.fillRect(0, 0, pictureSize, pictureSize);
  context.strokeStyle = ink;
  context.lineWidth = penWidth;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const [first, ...others] of strokes) {
    if (first === undefined) continue;
    context.beginPath();
    context.moveTo(first.x, first.y);
    // A dot is a line to where it began.
    for (const { x, y } of others.length > 0 ? others : [first]) context.lineTo(x, y);
    context.stroke();
  }
}
