// Usage: tensorrt-run PARSER MODEL.onnx INPUT OUTPUT BATCH MOST [TIMES]
// Builds a model of one input and one output for batches up to MOST with the given ONNX parser, loads the
// plan from a stream, and runs it on the file INPUT (BATCH times what the input takes, in its own type);
// writes what comes out to OUTPUT. With MOST 0 the batch is the model's own.

#include <NvOnnxParser.h>
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "stand-ins/tensorrt/rules/session.h"

namespace {

using namespace rules;

struct Arguments {
  const char* parser;
  const char* model;
  const char* input;
  const char* output;
  std::int64_t batch;
  std::int64_t most;
  int times;
};

std::int64_t bytesOf(nvinfer1::DataType type, const nvinfer1::Dims& shape) {
  std::int64_t bytes = type == nvinfer1::DataType::kHALF ? 2 : type == nvinfer1::DataType::kFLOAT ? 4 : 1;
  for (std::int32_t i = 0; i < shape.nbDims; i++) bytes *= shape.d[i];
  return bytes;
}

std::vector<char> readFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char> build(const Arguments& arguments) {
  using CreateParser = void*(void*, void*, int);
  void* library = dlopen(arguments.parser, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  auto* create = reinterpret_cast<CreateParser*>(dlsym(library, "createNvOnnxParser_INTERNAL"));
  requireObject(reinterpret_cast<void*>(create), "parser");
  const Build build;
  const std::unique_ptr<nvonnxparser::IParser> parser(
      static_cast<nvonnxparser::IParser*>(create(build.network.get(), &logger(), NV_ONNX_PARSER_VERSION)));
  if (!parser->parseFromFile(arguments.model, 2)) {
    for (int i = 0; i < parser->getNbErrors(); i++) {
      std::fprintf(stderr, "%s: %s\n", parser->getError(i)->nodeOperator(), parser->getError(i)->desc());
    }
    throw std::runtime_error("the model is refused: " + logger().lastError);
  }
  nvinfer1::ITensor* input = build.network->getInput(0);
  const nvinfer1::Dims shape = input->getDimensions();
  std::vector<std::int64_t> sizes(shape.d, shape.d + shape.nbDims);
  if (arguments.most > 0) build.addProfile(input->getName(), sizes, arguments.most);
  return build.plan();
}

void run(const Arguments& arguments) {
  const Context device;
  const std::vector<char> plan = build(arguments);
  const Runtime runtime = own(nvinfer1::createInferRuntime(logger()), "runtime");
  MemoryReader reader(plan);
  const Engine engine = own(runtime->deserializeCudaEngine(reader), "engine");
  const char* inputName = engine->getIOTensorName(0);
  const char* outputName = engine->getIOTensorName(1);

  const ExecutionContext context = own(engine->createExecutionContext(), "context");
  nvinfer1::Dims shape = engine->getTensorShape(inputName);
  if (arguments.most > 0) shape.d[0] = arguments.batch;
  context->setInputShape(inputName, shape);
  if (context->inferShapes(0, nullptr) != 0) throw std::runtime_error(logger().lastError);
  const auto inputBytes = static_cast<std::size_t>(bytesOf(engine->getTensorDataType(inputName), shape));
  const auto outputBytes = static_cast<std::size_t>(
      bytesOf(engine->getTensorDataType(outputName), context->getTensorShape(outputName)));

  const std::vector<char> bytes = readFile(arguments.input);
  if (bytes.size() != inputBytes) {
    throw std::runtime_error("the input has " + std::to_string(bytes.size()) + " bytes instead of " +
                             std::to_string(inputBytes));
  }
  const PinnedMemory host = makePinnedMemory(std::max(inputBytes, outputBytes));
  const DeviceMemory input = makeDeviceMemory(inputBytes);
  const DeviceMemory output = makeDeviceMemory(outputBytes);
  const Stream stream = makeStream();
  std::memcpy(host.get(), bytes.data(), inputBytes);
  CALL(cuMemcpyHtoDAsync_v2, input.get(), host.get(), inputBytes, stream.get());
  context->setTensorAddress(inputName, pointerTo(input.get()));
  context->setTensorAddress(outputName, pointerTo(output.get()));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < arguments.times; i++) {
    if (!context->enqueueV3(handleOf(stream))) throw std::runtime_error(logger().lastError);
  }
  CALL(cuStreamSynchronize, stream.get());
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  CALL(cuMemcpyDtoHAsync_v2, host.get(), output.get(), outputBytes, stream.get());
  CALL(cuStreamSynchronize, stream.get());
  std::ofstream(arguments.output, std::ios::binary)
      .write(static_cast<const char*>(host.get()), static_cast<std::streamsize>(outputBytes));
  std::printf("%zu bytes of plan, %.1f ms a run\n", plan.size(), took.count() / arguments.times);
}

}  // namespace

int main(int count, char** given) {
  if (count < 7) {
    std::fprintf(stderr, "usage: %s PARSER MODEL.onnx INPUT OUTPUT BATCH MOST [TIMES]\n", given[0]);
    return 2;
  }
  try {
    run({given[1], given[2], given[3], given[4], std::strtoll(given[5], nullptr, 10),
         std::strtoll(given[6], nullptr, 10), count > 7 ? std::atoi(given[7]) : 1});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
