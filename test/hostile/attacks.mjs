// What strangers send. Each kind is made from random numbers, so that a seed repeats it.
import { bodyAttacks } from './body-attacks.mjs';
import { framingAttacks } from './framing-attacks.mjs';
import { headAttacks } from './head-attacks.mjs';

export const attacks = [...framingAttacks, ...headAttacks, ...bodyAttacks];
