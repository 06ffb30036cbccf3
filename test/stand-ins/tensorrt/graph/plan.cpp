#include "graph/plan.h"

#include <cstring>

#include "graph/plan-bytes.h"

namespace stand_in {
namespace {

constexpr char kMagic[16] = "HORNET-STAND-IN";

// FNV-1a over eight bytes at a time.
std::uint64_t checksumOf(const char* data, std::size_t bytes) {
  std::uint64_t sum = 14695981039346656037ULL;
  while (bytes > 0) {
    std::uint64_t word = 0;
    const std::size_t part = bytes < sizeof word ? bytes : sizeof word;
    std::memcpy(&word, data, part);
    sum = (sum ^ word) * 1099511628211ULL;
    data += part;
    bytes -= part;
  }
  return sum;
}

void writeNode(PlanWriter& writer, const Node& node) {
  writer.number(static_cast<std::int64_t>(node.operation));
  writer.text(node.name);
  writer.numbers(std::vector<std::int64_t>(node.inputs.begin(), node.inputs.end()));
  writer.number(node.output);
  writer.number(static_cast<std::int64_t>(node.integers.size()));
  for (const auto& [key, list] : node.integers) {
    writer.text(key);
    writer.numbers(list);
  }
  writer.number(static_cast<std::int64_t>(node.numbers.size()));
  for (const auto& [key, number] : node.numbers) {
    writer.text(key);
    writer.real(number);
  }
  writer.number(static_cast<std::int64_t>(node.weights.size()));
  for (const auto& [key, weights] : node.weights) {
    writer.text(key);
    writer.weights(weights);
  }
}

Node readNode(PlanReader& reader, std::size_t values) {
  Node node;
  node.operation = static_cast<Operation>(reader.numberBelow(static_cast<std::int64_t>(Operation::kCount)));
  node.name = reader.text();
  const auto count = static_cast<std::int64_t>(values);
  for (const std::int64_t input : reader.numbers()) {
    if (input < -1 || input >= count) throw GraphError("an input that is no value");
    node.inputs.push_back(static_cast<int>(input));
  }
  node.output = static_cast<int>(reader.numberBelow(count));
  for (std::int64_t i = reader.count(); i > 0; i--) {
    const std::string key = reader.text();
    node.integers[key] = reader.numbers();
  }
  for (std::int64_t i = reader.count(); i > 0; i--) {
    const std::string key = reader.text();
    node.numbers[key] = reader.real();
  }
  for (std::int64_t i = reader.count(); i > 0; i--) {
    const std::string key = reader.text();
    node.weights[key] = reader.weights();
  }
  return node;
}

void writeProfiles(PlanWriter& writer, const std::vector<Profile>& profiles) {
  writer.number(static_cast<std::int64_t>(profiles.size()));
  for (const Profile& profile : profiles) {
    writer.number(static_cast<std::int64_t>(profile.size()));
    for (const auto& [name, shapes] : profile) {
      writer.text(name);
      for (const Shape& shape : shapes) writer.numbers(shape);
    }
  }
}

std::vector<Profile> readProfiles(PlanReader& reader) {
  std::vector<Profile> profiles;
  for (std::int64_t i = reader.count(); i > 0; i--) {
    Profile& profile = profiles.emplace_back();
    for (std::int64_t j = reader.count(); j > 0; j--) {
      const std::string name = reader.text();
      for (Shape& shape : profile[name]) shape = reader.numbers();
    }
  }
  return profiles;
}

std::vector<int> toInts(const std::vector<std::int64_t>& numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

std::vector<char> serializePlan(const Plan& plan, const char* flavour, std::uint32_t version) {
  PlanWriter writer(kPlanHeaderBytes);
  writer.text(plan.name);
  writer.numbers({plan.computeCapabilities.begin(), plan.computeCapabilities.end()});
  writeProfiles(writer, plan.profiles);
  const Graph& graph = plan.graph;
  writer.number(static_cast<std::int64_t>(graph.values.size()));
  for (const Value& value : graph.values) {
    writer.text(value.name);
    writer.number(static_cast<std::int64_t>(value.type));
    writer.numbers(value.shape);
    writer.number(value.producer);
  }
  writer.numbers({graph.inputs.begin(), graph.inputs.end()});
  writer.numbers({graph.outputs.begin(), graph.outputs.end()});
  writer.number(static_cast<std::int64_t>(graph.nodes.size()));
  for (const Node& node : graph.nodes) writeNode(writer, node);

  std::vector<char> bytes = writer.take();
  PlanHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  std::strncpy(header.flavour, flavour, sizeof header.flavour - 1);
  header.version = version;
  header.payloadBytes = bytes.size() - kPlanHeaderBytes;
  header.checksum = checksumOf(bytes.data() + kPlanHeaderBytes, header.payloadBytes);
  static_assert(sizeof header <= kPlanHeaderBytes);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

PlanHeader readPlanHeader(const void* data, std::size_t bytes, const char* flavour, std::uint32_t version) {
  PlanHeader header{};
  if (bytes < kPlanHeaderBytes) throw GraphError("the plan is shorter than its header");
  std::memcpy(&header, data, sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) {
    throw GraphError("the plan is not one of this library: its magic tag does not match");
  }
  if (std::strncmp(header.flavour, flavour, sizeof header.flavour) != 0) {
    throw GraphError("the plan was built by flavour " +
                     std::string(header.flavour, strnlen(header.flavour, sizeof header.flavour)) +
                     " of the library, this is " + flavour);
  }
  if (header.version != version) {
    throw GraphError(
        "The engine plan file is not compatible with this version of TensorRT, expecting library "
        "version " +
        std::to_string(version) + ", got " + std::to_string(header.version));
  }
  return header;
}

Plan readPlan(const PlanHeader& header, std::shared_ptr<const std::vector<char>> payload) {
  if (payload->size() != header.payloadBytes) {
    throw GraphError("the plan has " + std::to_string(payload->size()) +
                     " bytes after its header instead of " + std::to_string(header.payloadBytes));
  }
  if (checksumOf(payload->data(), payload->size()) != header.checksum) {
    throw GraphError("the plan is damaged: its checksum does not match");
  }
  Plan plan;
  PlanReader reader(*payload);
  plan.name = reader.text();
  plan.computeCapabilities = toInts(reader.numbers());
  plan.profiles = readProfiles(reader);
  Graph& graph = plan.graph;
  for (std::int64_t i = reader.count(); i > 0; i--) {
    Value value;
    value.name = reader.text();
    value.type = static_cast<ElementType>(reader.number());
    value.shape = reader.numbers();
    value.producer = static_cast<int>(reader.number());
    graph.values.push_back(std::move(value));
  }
  graph.inputs = toInts(reader.numbers());
  graph.outputs = toInts(reader.numbers());
  for (std::int64_t i = reader.count(); i > 0; i--)
    graph.nodes.push_back(readNode(reader, graph.values.size()));
  plan.payload = std::move(payload);
  return plan;
}

}  // namespace stand_in
