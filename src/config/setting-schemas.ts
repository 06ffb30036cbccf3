import ms, { type StringValue } from 'ms';
import { z } from 'zod';
import { isOrigin, originsIn } from '../http/security/origins.js';
import { parseTokenList } from '../http/security/tokens.js';

/** The longest that a timer of Node can wait: 24.8 days. */
const maxDurationMs = 2_147_483_647;

/** A whole number; flags and variables give it as text. */
export const integer = (min: number, max: number) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^\s*\d+\s*$/.test(given) ? Number(given) : given),
    z.int().min(min).max(max),
  );

/** true or false; as text also 1 and 0, yes and no, on and off. */
export const boolean = z.preprocess(
  (given) => (typeof given === 'string' ? (z.stringbool().safeParse(given).data ?? given) : given),
  z.boolean(),
);

/** Tokens, separated by commas; empty: none. */
export const tokenList = z.string().superRefine((text, context) => {
  if (text === '') return;
  for (const message of parseTokenList(text).problems) context.addIssue({ code: 'custom', message });
});

/** Origins as browsers send them, separated by commas, or "*". */
export const originList = z.string().superRefine((text, context) => {
  for (const origin of originsIn(text)) {
    const message = `${origin} is not an origin such as https://example.com, without a path`;
    if (!isOrigin(origin)) context.addIssue({ code: 'custom', message });
  }
});

const durationHint = 'expected a time such as 500ms, 90s, 15m or 1h; a bare number is milliseconds';

/** A time, resolved to whole milliseconds. A number is milliseconds already; text may have a unit as the package ms knows it. */
export const duration = z
  .union(
    [
      z.int(durationHint).min(0).max(maxDurationMs),
      z
        .string()
        .trim()
        .regex(/^\d+(\.\d+)? *[A-Za-z]*$/, durationHint),
    ],
    durationHint,
  )
  .transform((given, context) => {
    const durationMs = typeof given === 'number' ? given : ms(given as StringValue);
    // ms is typed as if it knew every unit.
    if (Number.isFinite(durationMs)) return Math.round(durationMs);
    context.addIssue({ code: 'custom', message: durationHint });
    return z.NEVER;
  })
  .pipe(z.int().max(maxDurationMs));

/** A duration as people write it: 900000 is 15m. */
export function formatDuration(durationMs: number): string {
  return durationMs === 0 ? '0' : ms(durationMs);
}
