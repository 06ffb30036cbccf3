#include <NvOnnxParser.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "onnx/importer.h"
#include "stand-ins/cuda/stand-in-driver.h"

// Tells the stand-in of the library that the weights of a network are gone, see nvidia/entry-points.cpp.
extern "C" void standInParserGone(void* network);

namespace stand_in::onnx {
namespace {

using nvonnxparser::ErrorCode;

class ParserError final : public nvonnxparser::IParserError {
 public:
  ParserError(ErrorCode code, std::string text, int node, const OnnxNode* described)
      : code_(code), text_(std::move(text)), node_(node) {
    if (described != nullptr) {
      name_ = described->name;
      op_ = described->op;
    }
  }
  ErrorCode code() const override { return code_; }
  const char* desc() const override { return text_.c_str(); }
  const char* file() const override { return "parser.cpp"; }
  int line() const override { return 0; }
  const char* func() const override { return "addNode"; }
  int node() const override { return node_; }
  const char* nodeName() const override { return name_.c_str(); }
  const char* nodeOperator() const override { return op_.c_str(); }
  const char* const* localFunctionStack() const override { return nullptr; }
  std::int32_t localFunctionStackSize() const override { return 0; }

 private:
  ErrorCode code_;
  std::string text_;
  int node_;
  std::string name_;
  std::string op_;
};

class Parser final : public nvonnxparser::IParser {
 public:
  explicit Parser(nvinfer1::INetworkDefinition& network) : network_(network) { standInBorn("IParser", this); }
  ~Parser() noexcept override {
    if (!bytes_.empty()) standInParserGone(&network_);
    standInDied("IParser", this);
  }

  bool parse(const void* model, std::size_t size, const char*) noexcept override {
    const auto* first = static_cast<const char*>(model);
    bytes_.assign(first, first + (model != nullptr ? size : 0));
    return import();
  }
  bool parseFromFile(const char* path, int) noexcept override {
    if (const int fault = standInEnter("IParser::parseFromFile", STANDIN_FALSE)) {
      return report(ErrorCode::kINTERNAL_ERROR, "a failure, injected: " + std::to_string(fault));
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) return report(ErrorCode::kINVALID_VALUE, std::string("Failed to open file: ") + path);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    return import();
  }
  bool supportsOperator(const char* op) const noexcept override { return Importer::knows(op); }
  int getNbErrors() const noexcept override { return static_cast<int>(errors_.size()); }
  const nvonnxparser::IParserError* getError(int index) const noexcept override {
    return index >= 0 && index < getNbErrors() ? errors_[static_cast<std::size_t>(index)].get() : nullptr;
  }
  void clearErrors() noexcept override { errors_.clear(); }
  const char* const* getUsedVCPluginLibraries(std::int64_t& count) const noexcept override {
    count = 0;
    return nullptr;
  }
  void setFlags(nvonnxparser::OnnxParserFlags flags) noexcept override { flags_ = flags; }
  nvonnxparser::OnnxParserFlags getFlags() const noexcept override { return flags_; }
  void clearFlag(nvonnxparser::OnnxParserFlag flag) noexcept override { flags_ &= ~bit(flag); }
  void setFlag(nvonnxparser::OnnxParserFlag flag) noexcept override { flags_ |= bit(flag); }
  bool getFlag(nvonnxparser::OnnxParserFlag flag) const noexcept override {
    return (flags_ & bit(flag)) != 0;
  }

  const nvinfer1::ITensor* getLayerOutputTensor(const char*, std::int64_t) noexcept override {
    return lacks<const nvinfer1::ITensor*>("IParser::getLayerOutputTensor");
  }
  bool supportsModelV2(const void*, std::size_t, const char*) noexcept override {
    return lacks<bool>("IParser::supportsModelV2");
  }
  std::int64_t getNbSubgraphs() noexcept override { return lacks<std::int64_t>("IParser::getNbSubgraphs"); }
  bool isSubgraphSupported(std::int64_t) noexcept override {
    return lacks<bool>("IParser::isSubgraphSupported");
  }
  std::int64_t* getSubgraphNodes(std::int64_t, std::int64_t&) noexcept override {
    return lacks<std::int64_t*>("IParser::getSubgraphNodes");
  }
  bool loadModelProto(const void*, std::size_t, const char*) noexcept override {
    return lacks<bool>("IParser::loadModelProto");
  }
  bool loadInitializer(const char*, const void*, std::size_t) noexcept override {
    return lacks<bool>("IParser::loadInitializer");
  }
  bool parseModelProto() noexcept override { return lacks<bool>("IParser::parseModelProto"); }
  bool setBuilderConfig(const nvinfer1::IBuilderConfig*) noexcept override {
    return lacks<bool>("IParser::setBuilderConfig");
  }
#if NV_TENSORRT_MAJOR == 10
  bool supportsModel(const void*, std::size_t, SubGraphCollection_t&, const char*) noexcept override {
    return lacks<bool>("IParser::supportsModel");
  }
  bool parseWithWeightDescriptors(const void*, std::size_t) noexcept override {
    return lacks<bool>("IParser::parseWithWeightDescriptors");
  }
#endif

 private:
  static nvonnxparser::OnnxParserFlags bit(nvonnxparser::OnnxParserFlag flag) {
    return 1U << static_cast<unsigned>(flag);
  }
  template <typename Result>
  static Result lacks(const char* method) {
    standInViolation("unimplemented", method);
    return Result{};
  }
  bool report(ErrorCode code, const std::string& text, int node = -1, const OnnxNode* described = nullptr) {
    errors_.push_back(std::make_unique<ParserError>(code, text, node, described));
    return false;
  }

  bool import() {
    // What NVIDIA's parser makes of no bytes.
    if (bytes_.empty()) return true;
    try {
      model_ = readModel({bytes_.data(), bytes_.size()});
    } catch (const WireError& error) {
      return report(ErrorCode::kMODEL_DESERIALIZE_FAILED,
                    std::string("Failed to parse the ONNX model: ") + error.what());
    }
    importer_ = std::make_unique<Importer>(model_, network_);
    const int before = getNbErrors();
    try {
      importer_->addInputs();
      addNodes();
      if (getNbErrors() == before) importer_->markOutputs();
    } catch (const std::runtime_error& error) {
      report(ErrorCode::kINVALID_GRAPH, error.what());
    }
    return getNbErrors() == before;
  }
  // Where operators are unknown, it names all of them; otherwise it ends at the first node that fails.
  void addNodes() {
    for (std::size_t i = 0; i < model_.nodes.size(); i++) {
      const OnnxNode& node = model_.nodes[i];
      if (!Importer::knows(node.op)) {
        report(ErrorCode::kINVALID_NODE, "No importer registered for op: " + node.op, static_cast<int>(i),
               &node);
      }
    }
    for (std::size_t i = 0; i < model_.nodes.size() && errors_.empty(); i++) {
      try {
        importer_->addNode(model_.nodes[i]);
      } catch (const std::runtime_error& error) {
        report(ErrorCode::kINVALID_NODE, error.what(), static_cast<int>(i), &model_.nodes[i]);
      }
    }
  }

  nvinfer1::INetworkDefinition& network_;
  std::vector<char> bytes_;
  OnnxModel model_;
  std::unique_ptr<Importer> importer_;
  std::vector<std::unique_ptr<ParserError>> errors_;
  nvonnxparser::OnnxParserFlags flags_ = 0;
};

}  // namespace
}  // namespace stand_in::onnx

STAND_IN_EXPORT void* createNvOnnxParser_INTERNAL(void* network, void*, int) noexcept {
  const int fault = standInEnter("createNvOnnxParser", STANDIN_NULL);
  if (fault == STANDIN_WILD) return reinterpret_cast<void*>(STANDIN_WILD_POINTER);
  if (fault != 0 || network == nullptr) return nullptr;
  auto* parser = new stand_in::onnx::Parser(*static_cast<nvinfer1::INetworkDefinition*>(network));
  return static_cast<nvonnxparser::IParser*>(parser);
}

STAND_IN_EXPORT void* createNvOnnxParserRefitter_INTERNAL(void*, void*, std::int32_t) noexcept {
  standInViolation("unimplemented", "createNvOnnxParserRefitter");
  return nullptr;
}

STAND_IN_EXPORT int getNvOnnxParserVersion() noexcept { return NV_ONNX_PARSER_VERSION; }
