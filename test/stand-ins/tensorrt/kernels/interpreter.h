#pragma once

#include <map>
#include <memory>
#include <utility>

#include "graph/facts.h"
#include "kernels/tensor.h"

namespace stand_in {

// What is to be computed for one set of input shapes.
struct ShapedRun {
  // By value, for those that the outputs need.
  std::map<int, Facts> facts;
};

// Runs a graph on the CPU, in float32. Halves are rounded where one is asked for, by a cast or as an output,
// and not in between: so does onnxruntime on CPUs, which answers are compared with. Usable from several
// threads.
class Interpreter {
 public:
  // The graph and the weights that it points to must outlive the interpreter.
  explicit Interpreter(const Graph& graph);

  // By index of the input's value; throws GraphError where the shapes do not fit the graph.
  std::shared_ptr<const ShapedRun> shape(const std::map<int, Shape>& inputShapes) const;
  // Outputs in the graph's order. `inputs` are in its order, too.
  std::vector<Tensor> run(const ShapedRun& run, const std::vector<Tensor>& inputs) const;

 private:
  Tensor compute(int index, const ShapedRun& run, const Tensors& inputs) const;
  const float* weights(int index, const char* key) const;

  const Graph& graph_;
  std::vector<int> order_;
  // How often a value is taken, as an input or an output.
  std::map<int, int> uses_;
  // As floats, by node and key.
  std::map<std::pair<int, std::string>, std::shared_ptr<std::vector<float>>> weights_;
};

}  // namespace stand_in
