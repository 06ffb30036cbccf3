// Objects that are used after their end, end in the wrong order, or never do.

#include <thread>

#include "stand-ins/tensorrt/rules/cases.h"
#include "stand-ins/tensorrt/rules/session.h"

namespace rules {
namespace {

void contextAfterItsEnd() {
  Doubling doubling;
  nvinfer1::IExecutionContext* context = doubling.context.get();
  doubling.context.reset();
  context->enqueueV3(handleOf(doubling.stream));
}

void contextDestroyedTwice() {
  Doubling doubling;
  nvinfer1::IExecutionContext* context = doubling.context.release();
  delete context;
  delete context;
}

void engineAfterItsEnd() {
  Doubling doubling(false);
  doubling.context.reset();
  nvinfer1::ICudaEngine* engine = doubling.engine.get();
  doubling.engine.reset();
  engine->getNbIOTensors();
}

void runtimeAfterItsEnd() {
  Doubling doubling(false);
  doubling.context.reset();
  doubling.engine.reset();
  nvinfer1::IRuntime* runtime = doubling.runtime.get();
  doubling.runtime.reset();
  runtime->deserializeCudaEngine(doubling.plan.data(), doubling.plan.size());
}

void builderAfterItsEnd() {
  nvinfer1::IBuilder* builder = nvinfer1::createInferBuilder(logger());
  delete builder;
  builder->createBuilderConfig();
}

void networkAfterItsEnd() {
  Build build;
  nvinfer1::INetworkDefinition* network = build.network.get();
  build.network.reset();
  network->getNbLayers();
}

void tensorAfterItsNetwork() {
  Build build;
  nvinfer1::ITensor* x = build.network->addInput("x", nvinfer1::DataType::kFLOAT, dims({1, 4}));
  build.network.reset();
  x->getDimensions();
}

void configAfterItsEnd() {
  Build build;
  nvinfer1::IBuilderConfig* config = build.config.get();
  build.config.reset();
  config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, 1 << 20);
}

void profileAfterItsBuilder() {
  Build build;
  nvinfer1::IOptimizationProfile* profile = build.builder->createOptimizationProfile();
  build.config.reset();
  build.network.reset();
  build.builder.reset();
  profile->isValid();
}

void hostMemoryAfterItsEnd() {
  const Doubling doubling(false);
  nvinfer1::IHostMemory* memory = doubling.engine->serialize();
  delete memory;
  memory->data();
}

void engineBeforeItsContext() {
  Doubling doubling(false);
  doubling.engine.reset();
  doubling.context.reset();
}

void runtimeBeforeItsEngine() {
  Doubling doubling(false);
  doubling.runtime.reset();
}

void builderBeforeItsNetwork() {
  Build build;
  build.builder.reset();
  build.config.reset();
  build.network.reset();
}

void loggerBeforeTheLibrary() {
  auto* mortal = new QuietLogger;
  {
    const Builder builder(nvinfer1::createInferBuilder(*mortal));
    // What a destroyed logger's memory may look like.
    mortal->~QuietLogger();
    std::memset(static_cast<void*>(mortal), 0, sizeof(QuietLogger));
    const Network network(builder->createNetworkV2(networkFlags()));
    const Config config(builder->createBuilderConfig());
    // Has something to say: a network without outputs.
    MemoryWriter writer;
    builder->buildSerializedNetworkToStream(*network, *config, writer);
  }
  ::operator delete(mortal);
}

void contextBeforeItsWork() {
  Doubling doubling;
  doubling.clear();
  doubling.enqueue();
  doubling.context.reset();
  doubling.synchronise();
}

void neverDestroyed() {
  Doubling doubling(false);
  static_cast<void>(doubling.context.release());
}

void hostMemoryNeverDestroyed() {
  const Doubling doubling(false);
  static_cast<void>(doubling.engine->serialize());
}

void destroyedWithoutContext() {
  Doubling doubling(false);
  CALL(cuCtxSetCurrent, nullptr);
  doubling.context.reset();
  doubling.device.makeCurrent();
}

}  // namespace

std::vector<Case> lifetimeCases() {
  return {
      {"context-after-its-end", {"use-after-free"}, false, contextAfterItsEnd},
      {"context-destroyed-twice", {"use-after-free"}, false, contextDestroyedTwice},
      {"engine-after-its-end", {"use-after-free"}, false, engineAfterItsEnd},
      {"runtime-after-its-end", {"use-after-free"}, false, runtimeAfterItsEnd},
      {"builder-after-its-end", {"use-after-free"}, false, builderAfterItsEnd},
      {"network-after-its-end", {"use-after-free"}, false, networkAfterItsEnd},
      {"tensor-after-its-network", {"use-after-free"}, false, tensorAfterItsNetwork},
      {"config-after-its-end", {"use-after-free"}, false, configAfterItsEnd},
      {"profile-after-its-builder", {"use-after-free"}, false, profileAfterItsBuilder},
      {"host-memory-after-its-end", {"use-after-free"}, false, hostMemoryAfterItsEnd},
      {"engine-before-its-context", {"destroyed-out-of-order"}, false, engineBeforeItsContext},
      {"runtime-before-its-engine", {"destroyed-out-of-order"}, false, runtimeBeforeItsEngine},
      {"builder-before-its-network", {"destroyed-out-of-order"}, false, builderBeforeItsNetwork},
      {"logger-before-the-library", {"logger-gone"}, false, loggerBeforeTheLibrary},
      {"context-before-its-work", {"freed-while-pending"}, false, contextBeforeItsWork},
      {"context-never-destroyed",
       {"context-released-first", "destroyed-out-of-order", "leak"},
       false,
       neverDestroyed},
      {"host-memory-never-destroyed", {"leak"}, false, hostMemoryNeverDestroyed},
      {"destroyed-without-context",
       {"context-released-first", "leak", "no-current-context", "wrong-context"},
       false,
       destroyedWithoutContext},
  };
}

}  // namespace rules
