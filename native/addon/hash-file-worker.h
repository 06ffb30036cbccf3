#pragma once

#include <napi.h>

#include <string>

namespace hornet::addon {

// Hashes a file on a thread of the libuv pool and settles a promise.
class HashFileWorker final : public Napi::AsyncWorker {
 public:
  // hashFile(path) of src/native/addon-types.ts. Never throws; the promise rejects.
  static Napi::Value start(const Napi::CallbackInfo& info);

 private:
  HashFileWorker(Napi::Env env, Napi::Promise::Deferred promise, std::string path);

  void Execute() override;
  void OnOK() override;
  void OnError(const Napi::Error& error) override;

  Napi::Promise::Deferred promise_;
  const std::string path_;
  std::string hash_;
};

}  // namespace hornet::addon
