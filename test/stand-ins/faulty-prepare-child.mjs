// Stands in for the child process that prepares a model; what it does wrong is told by the name of the graph's file.
import { writeSync } from 'node:fs';

process.once('message', (job) => {
  const { graphPath } = /** @type {{ graphPath: string }} */ (job);
  if (graphPath.includes('crash')) {
    writeSync(2, 'terminate called after throwing an instance\n');
    process.kill(process.pid, 'SIGSEGV');
  } else if (graphPath.includes('silently')) process.exit(3);
  // Else it hangs, as long as its parent is there.
});
process.once('disconnect', () => process.exit());
