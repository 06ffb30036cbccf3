#include "tensorrt/nvidia/parse-network.h"

#include "error-codes.h"
#include "tensorrt/nvidia/describe-type.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

std::string text(const char* chars) { return chars != nullptr ? chars : ""; }

std::vector<ParserError> readErrors(const nvonnxparser::IParser& parser) {
  std::vector<ParserError> errors;
  for (int i = 0; i < parser.getNbErrors(); i++) {
    const nvonnxparser::IParserError* error = parser.getError(i);
    if (error == nullptr) continue;
    ParserError read{static_cast<int>(error->code()), text(error->desc()), text(error->nodeName()),
                     text(error->nodeOperator())};
    // Nodes need no names; errors about the file as a whole have no operator either.
    if (read.node.empty() && !read.op.empty() && error->node() >= 0) {
      read.node = "#" + std::to_string(error->node());
    }
    errors.push_back(std::move(read));
  }
  return errors;
}

std::string summarize(const std::string& onnxPath, const std::vector<ParserError>& errors,
                      const LogScope& log) {
  const std::string start = "TensorRT cannot import " + onnxPath + ": ";
  if (errors.empty()) return start + log.lastError();
  const ParserError& first = errors.front();
  std::string sentence = start;
  if (!first.op.empty()) sentence += "node \"" + first.node + "\" (" + first.op + "): ";
  sentence += first.description;
  if (errors.size() > 1) sentence += " (and " + std::to_string(errors.size() - 1) + " more errors)";
  return sentence;
}

TensorInfo describe(const nvinfer1::ITensor& tensor) {
  TensorInfo info{text(tensor.getName()), nameOf(tensor.getType()), {}};
  const nvinfer1::Dims dimensions = tensor.getDimensions();
  for (int i = 0; i < dimensions.nbDims; i++) info.shape.push_back(dimensions.d[i]);
  return info;
}

}  // namespace

void parseNetwork(nvonnxparser::IParser& parser, const nvinfer1::INetworkDefinition& network,
                  const std::string& onnxPath, const LogScope& log) {
  // From the file, not from memory, so that weights in files beside it are found.
  const bool parsed =
      parser.parseFromFile(onnxPath.c_str(), static_cast<int>(nvinfer1::ILogger::Severity::kWARNING));
  std::vector<ParserError> errors = readErrors(parser);
  if (!parsed || !errors.empty()) {
    const std::string message = summarize(onnxPath, errors, log);
    throw BuildError(kErrTensorRtParseFailed, message, std::move(errors));
  }
  // The parser calls an empty file and plain text a success.
  if (network.getNbLayers() == 0 || network.getNbInputs() == 0 || network.getNbOutputs() == 0) {
    throw BuildError(kErrTensorRtParseFailed, "TensorRT cannot import " + onnxPath +
                                                  ": it is not an ONNX model, or one without layers");
  }
}

std::vector<TensorInfo> describeInputs(const nvinfer1::INetworkDefinition& network) {
  std::vector<TensorInfo> inputs;
  for (int i = 0; i < network.getNbInputs(); i++) inputs.push_back(describe(*network.getInput(i)));
  return inputs;
}

std::vector<TensorInfo> describeOutputs(const nvinfer1::INetworkDefinition& network) {
  std::vector<TensorInfo> outputs;
  for (int i = 0; i < network.getNbOutputs(); i++) outputs.push_back(describe(*network.getOutput(i)));
  return outputs;
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
