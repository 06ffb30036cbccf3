#!/usr/bin/env node
const { availableParallelism } = process.getBuiltinModule('node:os');

// Each thread of libuv's pool decodes one picture at a time, so there is one for each processor, and two more, so that
// files are read and names looked up while all decode. It must be known before the pool is first used, and loading an ES
// module uses it: that is why this file, and it alone, is CommonJS.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism() + 2));

void import('./command.js');
