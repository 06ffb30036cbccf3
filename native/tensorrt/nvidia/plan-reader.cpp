#include "tensorrt/nvidia/plan-reader.h"

#include <cstdio>

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

bool PlanReader::seek(std::int64_t offset, nvinfer1::SeekPosition where) noexcept {
  switch (where) {
    case nvinfer1::SeekPosition::kSET:
      return plan_.seek(offset, SEEK_SET);
    case nvinfer1::SeekPosition::kCUR:
      return plan_.seek(offset, SEEK_CUR);
    case nvinfer1::SeekPosition::kEND:
      return plan_.seek(offset, SEEK_END);
  }
  return false;
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
