#!/usr/bin/env node
import { availableParallelism } from 'node:os';
import { useCompileCache } from './compile-cache.js';

// Each thread of libuv's pool decodes one picture at a time, so there is one for each processor, and two more, so that
// files are read and names looked up while all decode. It must be known before the pool is first used.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism() + 2));
useCompileCache();

void import('./command.js');
