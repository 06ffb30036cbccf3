/**
 * The best classes of one picture as the classification extension writes them: "score:index:label", best first, ties by
 * index, what is no number last.
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 */
export function classStrings(scores: Float32Array, labels: readonly string[], count: number): string[] {
  const rank = (index: number): number => {
    const score = scores[index] as number;
    return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
  };
  return (
    Array.from(scores.keys())
      // Not their difference, which for two infinities is no number.
      .sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) > rank(b) ? -1 : 1))
      .slice(0, count)
      .map((index) => `${shortest(scores[index] as number)}:${index}:${labels[index] ?? ''}`)
  );
}

/** Nine digits are what tells any two float32 apart. */
function shortest(score: number): string {
  return String(Number(score.toPrecision(9)));
}
