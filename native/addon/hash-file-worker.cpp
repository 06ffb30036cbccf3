#include "addon/hash-file-worker.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "error-codes.h"
#include "tensorrt/sha256.h"

namespace hornet::addon {
namespace {

constexpr std::size_t kChunk = 1 << 17;

void reject(Napi::Promise::Deferred promise, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(promise.Env(), message);
  error.Set("code", Napi::String::New(promise.Env(), code));
  promise.Reject(error.Value());
}

// Closes itself.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), error_(errno) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // As read(2), tried again when a signal comes in between; where it could not be opened, -1 as from open(2).
  ssize_t read(std::vector<char>& chunk) const {
    ssize_t count = -1;
    if (descriptor_ < 0) {
      errno = error_;
      return count;
    }
    do {
      count = ::read(descriptor_, chunk.data(), chunk.size());
    } while (count < 0 && errno == EINTR);
    return count;
  }

 private:
  const int descriptor_;
  const int error_;
};

}  // namespace

Napi::Value HashFileWorker::start(const Napi::CallbackInfo& info) {
  const auto promise = Napi::Promise::Deferred::New(info.Env());
  if (!info[0].IsString()) {
    reject(promise, kErrNativeArgument, "path must be a string");
    return promise.Promise();
  }
  // AsyncWorker deletes itself once its promise is settled.
  auto* worker = new HashFileWorker(info.Env(), promise, info[0].As<Napi::String>().Utf8Value());
  worker->Queue();
  return promise.Promise();
}

HashFileWorker::HashFileWorker(Napi::Env env, Napi::Promise::Deferred promise, std::string path)
    : AsyncWorker(env, "hornet.hashFile"), promise_(promise), path_(std::move(path)) {}

void HashFileWorker::Execute() {
  const OpenFile file(path_);
  std::vector<char> chunk(kChunk);
  tensorrt::Sha256 sha256;
  for (ssize_t count = 0; (count = file.read(chunk)) != 0;) {
    if (count < 0) return SetError(path_ + " cannot be read: " + std::generic_category().message(errno));
    sha256.update(chunk.data(), static_cast<std::size_t>(count));
  }
  hash_ = sha256.finish();
}

void HashFileWorker::OnOK() { promise_.Resolve(Napi::String::New(Env(), hash_)); }

void HashFileWorker::OnError(const Napi::Error& error) { reject(promise_, kErrInternal, error.Message()); }

}  // namespace hornet::addon
