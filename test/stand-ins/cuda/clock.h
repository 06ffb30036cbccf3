#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

namespace stand_in {

// A place in a stream: the sequence-th thing that was put into it, from 1.
struct Position {
  std::uint64_t stream = 0;
  std::uint64_t sequence = 0;
};

// How far each stream is known to have come: a vector clock. What it covers happened before whatever holds
// the clock.
class Clock {
 public:
  bool covers(Position position) const {
    if (position.sequence == 0) return true;
    const auto found = seen_.find(position.stream);
    return found != seen_.end() && found->second >= position.sequence;
  }

  void advance(Position position) {
    std::uint64_t& sequence = seen_[position.stream];
    sequence = std::max(sequence, position.sequence);
  }

  void merge(const Clock& other) {
    for (const auto& [stream, sequence] : other.seen_) advance({stream, sequence});
  }

  void forget(std::uint64_t stream) { seen_.erase(stream); }

 private:
  std::map<std::uint64_t, std::uint64_t> seen_;
};

}  // namespace stand_in
