#pragma once

#include <array>
#include <functional>
#include <memory>

#include "graph/graph.h"

namespace stand_in {

// Smallest, best and largest shape of each input, by name.
using Profile = std::map<std::string, std::array<Shape, 3>>;

// What the stand-in's builder makes: a format of its own, which only the same flavour and version reads back.
struct Plan {
  std::string name;
  // 89 for 8.9; of each kind of GPU that it was built for.
  std::vector<int> computeCapabilities;
  std::vector<Profile> profiles;
  Graph graph;
  // What the weights point into, once the plan was read back.
  std::shared_ptr<const std::vector<char>> payload;
};

// Bytes before the payload, as IRuntime::getEngineHeaderSize says.
constexpr std::size_t kPlanHeaderBytes = 64;

struct PlanHeader {
  char magic[16];
  // "rtx", "10" or "11".
  char flavour[8];
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t payloadBytes;
  std::uint64_t checksum;
};

// Header and payload. The sizes of the weights make most of it, and they are copied once.
std::vector<char> serializePlan(const Plan& plan, const char* flavour, std::uint32_t version);
// Throws GraphError with what is wrong.
PlanHeader readPlanHeader(const void* data, std::size_t bytes, const char* flavour, std::uint32_t version);
// Throws GraphError; takes the payload, which the weights of the plan then lie in.
Plan readPlan(const PlanHeader& header, std::shared_ptr<const std::vector<char>> payload);

}  // namespace stand_in
