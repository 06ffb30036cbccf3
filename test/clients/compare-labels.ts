import { expect } from 'vitest';

/** One label as every client can show it. */
export interface Label {
  readonly label: string;
  readonly score: number;
}

/** Labels by file of the picture. */
export type LabelsByPicture = Readonly<Record<string, readonly Label[]>>;

/** The same labels for the same pictures in the same order, with scores equal to 1e-5. */
export function expectSameLabels(found: LabelsByPicture, expected: LabelsByPicture, client: string): void {
  expect(Object.keys(found), client).toEqual(Object.keys(expected));
  for (const [picture, labels] of Object.entries(expected)) {
    const shown = `${client}, ${picture}`;
    expect(
      found[picture]?.map(({ label }) => label),
      shown,
    ).toEqual(labels.map(({ label }) => label));
    for (const [rank, { score }] of labels.entries()) {
      expect(Math.abs((found[picture]?.[rank]?.score ?? Number.NaN) - score), shown).toBeLessThanOrEqual(1e-5);
    }
  }
}
