import { expect, it } from 'vitest';
import { failEachCall } from '../long/fail-each-call.mjs';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { type StandInFlavour, standInFiles } from '../stand-ins/stand-in-environment.mjs';

// scripts/verify-long engine-faults fails every one of them.
describeWithStandIns(
  'an engine, when a call of the driver or of TensorRT fails (on the stand-ins)',
  standInFiles,
  () => {
    it.each<[StandInFlavour, number, string | undefined]>([
      ['rtx', 23, undefined],
      ['rtx', 61, 'lost'],
      ['11', 61, undefined],
    ])(
      'ends with a code, without a crash, a hang, a leak or a broken rule: stand-in "%s", every %ith call, %s',
      async (flavour, every, failure) => {
        const { calls, outcomes } = await failEachCall({
          flavour,
          every,
          ...(failure === undefined ? {} : { failure }),
        });
        expect(calls).toBeGreaterThan(50);
        expect(outcomes.length).toBeGreaterThan(1);
        expect(outcomes.filter(({ problems }) => problems.length > 0)).toEqual([]);
      },
      300_000,
    );
  },
);
