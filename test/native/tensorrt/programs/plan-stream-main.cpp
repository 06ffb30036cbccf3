// Streams a file into memory of the stand-in GPU and of the host in turn, and compares what has arrived:
// TensorRT asks for both. Arguments: the stand-in driver, a folder to write to.

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "cuda/device-memory.h"
#include "cuda/pinned-memory.h"
#include "tensorrt/plan-stream.h"
#include "tensorrt/usable-driver.h"

namespace {

namespace cuda = hornet::cuda;

// More than twice what the stream uploads at once.
constexpr std::size_t kBytes = 20'000'003;

class Patience final : public hornet::tensorrt::BuildObserver {
 public:
  void report(hornet::tensorrt::BuildEvent) noexcept override {}
  bool cancelled() const noexcept override { return cancel; }

  bool cancel = false;
};

std::vector<char> writeFile(const std::string& path) {
  std::vector<char> bytes(kBytes);
  unsigned seed = 1;
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

void check(const std::string& driverPath, const std::string& folder) {
  const std::string path = folder + "/plan";
  const std::vector<char> bytes = writeFile(path);
  const cuda::Driver driver = hornet::tensorrt::openUsableDriver(driverPath, 0, "There is no stand-in");
  const auto device = hornet::tensorrt::takeDevice(driver, 0);
  const cuda::CurrentContext current(*device);
  const cuda::Stream stream(device);
  const cuda::DeviceMemory memory(device, kBytes, "Allocating");
  const cuda::PinnedMemory back(device, kBytes);
  std::vector<char> onHost(kBytes);

  Patience observer;
  hornet::tensorrt::StoredPlan file(path, kBytes);
  hornet::tensorrt::PlanStream plan(file, device, observer);
  const auto all = static_cast<std::int64_t>(kBytes);
  auto* const address = reinterpret_cast<char*>(static_cast<std::uintptr_t>(memory.pointer()));
  require(plan.read(address, all, stream.handle()) == all, "not everything arrived on the device");
  require(plan.read(address, 1, stream.handle()) == 0, "there is something behind the end");
  memory.download(back.data(), kBytes, stream);
  stream.synchronize("Downloading");
  const char* const downloaded = static_cast<const char*>(back.data());
  require(std::equal(bytes.begin(), bytes.end(), downloaded), "other bytes arrived on the device");

  require(plan.seek(-5, SEEK_END) && plan.seek(2, SEEK_CUR), "a position inside is refused");
  std::array<char, 8> end{};
  require(plan.read(end.data(), 8, stream.handle()) == 3, "a read across the end is not cut short");
  require(std::equal(bytes.end() - 3, bytes.end(), end.begin()), "the end is another");
  require(!plan.seek(1, SEEK_CUR) && !plan.seek(-1, SEEK_SET), "a position outside is accepted");
  require(plan.seek(0, SEEK_SET) && plan.read(onHost.data(), all, nullptr) == all,
          "not everything arrived on the host");
  require(onHost == bytes, "other bytes arrived on the host");

  observer.cancel = true;
  require(plan.read(end.data(), 1, nullptr) == -1, "it goes on after it was cancelled");
  plan.throwIfFailed();
}

}  // namespace

int main(int count, char** values) {
  try {
    require(count == 3, "usage: plan-stream DRIVER FOLDER");
    check(values[1], values[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
