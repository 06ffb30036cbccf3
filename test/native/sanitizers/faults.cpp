// One fault of each kind, by the name in the environment variable FAULT, while the library is being loaded
// into Node: scripts/verify-sanitizers believes in its own silence only after these were reported.
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

// The compiler must not know any of these values.
volatile int one = 1;
volatile char sink = 0;

void overflow() {
  char* bytes = new char[16];
  sink = bytes[15 + one];
  delete[] bytes;
}

void leak() {
  char* bytes = new char[1000];
  std::memset(bytes, one, 1000);
  sink = bytes[one];
}

void undefined() {
  const int sum = INT_MAX + one;
  sink = static_cast<char>(sum);
}

[[gnu::constructor]] void commit() {
  const char* name = std::getenv("FAULT");
  const std::string fault = name != nullptr ? name : "";
  if (fault == "overflow") overflow();
  if (fault == "leak") leak();
  if (fault == "undefined") undefined();
}

}  // namespace
