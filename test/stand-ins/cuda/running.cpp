#include "stand-ins/cuda/running.h"

#include "stand-ins/cuda/driver-state.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

thread_local Running* current = nullptr;

}  // namespace

Running* running() { return current; }

void runQueued(Stream& stream, const Queued& queued) {
  Running run{&stream, queued.position, queued.clock, nullptr, {}};
  current = &run;
  runNode(*queued.operation);
  current = nullptr;
}

void runNode(Operation& node) {
  // Once the driver has ended with the process nothing runs any more, whatever was freed meanwhile: nobody
  // could wait.
  if (!node.run || closed()) return;
  current->operation = &node;
  if (node.isHostFunction) {
    // Whatever it touches or tells to others is in order after what precedes it.
    const Lock lock(driver().mutex);
    observe(*current->clock);
  }
  node.run();
}

}  // namespace stand_in
