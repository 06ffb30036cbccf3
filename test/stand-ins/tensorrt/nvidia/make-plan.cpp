#include "nvidia/make-plan.h"

#include <algorithm>

#include "nvidia/driver.h"
#include "nvidia/version.h"

namespace stand_in {
namespace {

// The nodes that the outputs need, in the order in which they can run.
Graph pruned(const Graph& graph) {
  Graph result = graph;
  result.nodes.clear();
  for (Value& value : result.values) value.producer = -1;
  for (const int index : executionOrder(graph)) {
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    result.values[static_cast<std::size_t>(node.output)].producer = static_cast<int>(result.nodes.size());
    result.nodes.push_back(node);
  }
  return result;
}

bool isDynamic(const Shape& shape) { return volumeOf(shape) < 0; }

void checkShape(const std::string& name, const Shape& network, const Shape& given) {
  bool fits = network.size() == given.size();
  for (std::size_t i = 0; fits && i < network.size(); i++) fits = network[i] < 0 || network[i] == given[i];
  if (!fits) {
    throw GraphError("the profile's shape " + toText(given) + " of input " + name +
                     " does not fit the network's " + toText(network));
  }
}

// Every input's shapes; those of fixed inputs need not be given.
Profile completed(const Profile& given, const Graph& graph) {
  Profile profile;
  for (const int input : graph.inputs) {
    const Value& value = graph.values[static_cast<std::size_t>(input)];
    const auto found = given.find(value.name);
    if (found == given.end()) {
      if (isDynamic(value.shape)) throw GraphError("a profile lacks the dynamic input " + value.name);
      profile[value.name] = {value.shape, value.shape, value.shape};
      continue;
    }
    for (const Shape& shape : found->second) checkShape(value.name, value.shape, shape);
    profile[value.name] = found->second;
  }
  return profile;
}

// That the whole graph can be worked out at the ends of the profile.
void checkProfile(const Graph& graph, const Profile& profile) {
  for (const std::size_t end : {std::size_t{0}, std::size_t{2}}) {
    FactTable table(graph);
    for (const int input : graph.inputs) {
      table.setInputShape(input, profile.at(graph.values[static_cast<std::size_t>(input)].name)[end]);
    }
    for (const Node& node : graph.nodes) {
      table.of(node.output);
      std::vector<const Facts*> inputs;
      for (const int input : node.inputs) inputs.push_back(input < 0 ? nullptr : &table.of(input));
      checkWeights(node, inputs);
    }
  }
}

void describeOutputs(Graph& graph) {
  FactTable table(graph);
  for (const Node& node : graph.nodes) table.of(node.output);
  for (const int output : graph.outputs) {
    const Facts facts = table.of(output);
    Value& value = graph.values[static_cast<std::size_t>(output)];
    value.type = facts.type;
    value.shape = facts.shape;
  }
}

std::vector<int> targetsOf(const ConfigImpl& config) {
  if (!kIsRtx) return {driver::computeCapability()};
  if (config.refusedTarget) throw GraphError("a compute capability was refused");
  // What TensorRT-RTX builds for where nothing was said.
  if (config.computeCapabilities.empty()) return {86, 89, 120, 121};
  std::vector<int> targets = config.computeCapabilities;
  for (int& target : targets) {
    if (target == 0) throw GraphError("a compute capability was left unset");
    if (target == 1) target = driver::computeCapability();
    if (target == 0) throw GraphError("there is no device to build for");
  }
  return targets;
}

}  // namespace

Plan makePlan(const NetworkImpl& network, const ConfigImpl& config) {
  Plan plan;
  plan.name = network.name;
  plan.computeCapabilities = targetsOf(config);
  const Graph& graph = network.state.graph;
  if (graph.outputs.empty()) throw GraphError("the network has no outputs");
  plan.graph = pruned(graph);
  const bool dynamic = std::any_of(graph.inputs.begin(), graph.inputs.end(), [&](int input) {
    return isDynamic(graph.values[static_cast<std::size_t>(input)].shape);
  });
  if (dynamic && config.profiles.empty()) {
    throw GraphError("the network has dynamic inputs, but no optimization profile has been defined");
  }
  for (const OptimizationProfile* profile : config.profiles) {
    plan.profiles.push_back(completed(profile->impl().shapes, plan.graph));
  }
  if (plan.profiles.empty()) plan.profiles.push_back(completed({}, plan.graph));
  for (const Profile& profile : plan.profiles) checkProfile(plan.graph, profile);
  describeOutputs(plan.graph);
  return plan;
}

}  // namespace stand_in
