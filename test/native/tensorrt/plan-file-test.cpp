// The file that a plan is streamed to: whole and hashed, or gone, whatever fails.
#include "tensorrt/plan-file.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "error-codes.h"
#include "tensorrt/build-types.h"
#include "tensorrt/sha256.h"

namespace {

namespace fs = std::filesystem;
using hornet::tensorrt::BuildError;
using hornet::tensorrt::PlanFile;

int failures = 0;

void expect(bool holds, const char* title) {
  if (holds) return;
  std::printf("not so: %s\n", title);
  failures++;
}

template <typename Act>
std::string codeOf(const Act& act) {
  try {
    act();
  } catch (const BuildError& error) {
    return error.code();
  }
  return "";
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main() {
  const fs::path folder = fs::temp_directory_path() / ("hornet-plan-file-" + std::to_string(::getpid()));
  fs::create_directory(folder);
  const fs::path path = folder / "plan";

  {
    // Pieces smaller and larger than the buffer, in both orders.
    std::string expected;
    PlanFile file(path.string());
    for (const std::size_t size : {3, 2 << 20, 5, (1 << 20) - 4, 1 << 20, 9}) {
      const std::string piece(size, static_cast<char>('a' + size % 26));
      expect(file.write(piece.data(), piece.size()), "a piece is written");
      expected += piece;
    }
    file.commit();
    expect(file.bytes() == expected.size() && read(path) == expected, "the file has every byte in order");
    hornet::tensorrt::Sha256 whole;
    whole.update(expected.data(), expected.size());
    expect(file.sha256() == whole.finish(), "the file is hashed");
  }
  expect(fs::exists(path), "a committed file stays");
  expect(codeOf([&] { PlanFile{path.string()}; }) == hornet::kErrCacheUnwritable,
         "an existing file is refused");
  expect(fs::exists(path), "an existing file is not removed");
  fs::remove(path);

  {
    PlanFile file(path.string());
  }
  expect(!fs::exists(path), "a file that is not committed is removed");
  expect(codeOf([&] { PlanFile{(folder / "none" / "plan").string()}; }) == hornet::kErrCacheUnwritable,
         "a folder that is not there is refused");

  // The limit on a file's size stands in for a full disk: EFBIG rather than ENOSPC.
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1 << 20, 1 << 20};
  expect(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "the limit is set");
  expect(codeOf([&] {
           PlanFile file(path.string());
           const std::string piece(3 << 20, 'x');
           expect(!file.write(piece.data(), piece.size()), "a failed write is told");
           file.commit();
         }) == hornet::kErrCacheNoSpace,
         "a full disk has its own code");
  expect(!fs::exists(path), "what did not fit is removed");

  fs::remove_all(folder);
  return failures == 0 ? 0 : 1;
}
