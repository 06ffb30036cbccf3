#include "stand-ins/cuda/genuine-libraries.h"

#include <link.h>

#include <cstddef>
#include <string>

#include "stand-ins/cuda/ledger.h"
#include "stand-ins/cuda/results.h"

namespace stand_in {
namespace {

// NVIDIA's take hundreds of megabytes, a stand-in a few.
constexpr std::size_t kGenuineBytes = std::size_t{64} << 20;

bool isNamedLikeTensorRt(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.rfind("libnvinfer.so", 0) == 0 || file.rfind("libtensorrt_rtx.so", 0) == 0;
}

std::size_t mappedBytes(const dl_phdr_info& library) {
  std::size_t bytes = 0;
  for (int i = 0; i < library.dlpi_phnum; i++) {
    if (library.dlpi_phdr[i].p_type == PT_LOAD) bytes += library.dlpi_phdr[i].p_memsz;
  }
  return bytes;
}

int look(dl_phdr_info* library, std::size_t, void* found) {
  const std::string path = library->dlpi_name == nullptr ? "" : library->dlpi_name;
  if (!isNamedLikeTensorRt(path) || mappedBytes(*library) < kGenuineBytes) return 0;
  *static_cast<std::string*>(found) = path;
  return 1;
}

}  // namespace

Result refuseGenuineTensorRt() {
  std::string genuine;
  dl_iterate_phdr(look, &genuine);
  if (genuine.empty()) return kSuccess;
  violation("genuine-tensorrt", genuine + " is not to run on a stand-in for the driver");
  return kNotSupported;
}

}  // namespace stand_in
