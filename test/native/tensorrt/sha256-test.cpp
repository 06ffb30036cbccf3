// SHA-256 against the examples of FIPS 180-4, and the processor's instructions against the portable code.
#include "tensorrt/sha256.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using hornet::tensorrt::Sha256;

int failures = 0;

void expectEqual(const std::string& found, const std::string& expected, const std::string& title) {
  if (found == expected) return;
  std::printf("%s: %s, expected %s\n", title.c_str(), found.c_str(), expected.c_str());
  failures++;
}

std::string hash(const std::string& text, bool portable, std::size_t piece) {
  Sha256 sha256;
  if (portable) sha256.usePortableCode();
  for (std::size_t i = 0; i < text.size(); i += piece) {
    sha256.update(text.data() + i, std::min(piece, text.size() - i));
  }
  return sha256.finish();
}

}  // namespace

int main() {
  const struct {
    std::string text;
    const char* expected;
  } vectors[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1000000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& vector : vectors) {
    const std::string title = std::to_string(vector.text.size()) + " bytes";
    expectEqual(hash(vector.text, true, 1000), vector.expected, title + ", portable");
    expectEqual(hash(vector.text, false, 1000), vector.expected, title);
  }
  // Every length around the edges of a block, in every way of splitting that matters.
  for (std::size_t length = 0; length < 300; length++) {
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; i++) text[i] = static_cast<char>(i * 7 + length);
    const std::string expected = hash(text, true, length + 1);
    for (const std::size_t piece : {1, 3, 63, 64, 65, 1000}) {
      const std::string title = std::to_string(length) + " bytes by " + std::to_string(piece);
      expectEqual(hash(text, false, piece), expected, title);
      expectEqual(hash(text, true, piece), expected, title + ", portable");
    }
  }
  std::printf("sha256: instructions of the processor %s\n",
              Sha256::processorHasInstructions() ? "used" : "absent");
  return failures == 0 ? 0 : 1;
}
