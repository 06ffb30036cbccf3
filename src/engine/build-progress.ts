import type { NativeBuildEvent } from '../native/tensorrt-types.js';

type PhaseEvent = Exclude<NativeBuildEvent, { readonly kind: 'log' }>;

interface Phase {
  readonly name: string;
  readonly parent: string | null;
  readonly steps: number;
  readonly from: number;
  readonly to: number;
  done: number;
}

/**
 * Turns TensorRT's nested phases into one fraction from 0 to 1 that never goes back. A phase has the share of its
 * parent's step in which it starts; TensorRT has one outermost phase, and should there be more, each has nine tenths of
 * what is left.
 */
export class BuildProgress {
  readonly #phases = new Map<string, Phase>();
  #fraction = 0;
  #phase = '';

  /** 0 to 1. */
  get fraction(): number {
    return this.#fraction;
  }

  /** Innermost phase that began last, in TensorRT's words; empty before the first. */
  get phase(): string {
    return this.#phase;
  }

  add(event: PhaseEvent): void {
    if (event.kind === 'phase') this.#begin(event.name, event.parent, event.steps);
    const phase = this.#phases.get(event.name);
    if (phase === undefined) return;
    if (event.kind === 'step') {
      // A step is named by its index when it is done; several threads may report out of order.
      phase.done = Math.min(phase.steps, Math.max(phase.done, event.step + 1));
      this.#advance(this.#slot(phase).from);
    }
    if (event.kind === 'phase-end') {
      this.#phases.delete(event.name);
      this.#advance(phase.to);
      const parent = phase.parent === null ? undefined : this.#phases.get(phase.parent);
      if (parent !== undefined) this.#phase = parent.name;
    }
  }

  #begin(name: string, parentName: string | null, steps: number): void {
    const parent = parentName === null ? undefined : this.#phases.get(parentName);
    const slot =
      parent === undefined
        ? { from: this.#fraction, to: this.#fraction + 0.9 * (1 - this.#fraction) }
        : this.#slot(parent);
    const from = Math.min(slot.to, Math.max(slot.from, this.#fraction));
    this.#phases.set(name, { name, parent: parentName, steps: Math.max(0, steps), from, to: slot.to, done: 0 });
    this.#phase = name;
  }

  /** The share of the step that a phase is at. */
  #slot({ from, to, steps, done }: Phase): { from: number; to: number } {
    if (steps === 0) return { from, to };
    const at = (step: number): number => from + ((to - from) * step) / steps;
    return { from: at(Math.min(done, steps)), to: at(Math.min(done + 1, steps)) };
  }

  #advance(to: number): void {
    this.#fraction = Math.min(1, Math.max(this.#fraction, to));
  }
}
