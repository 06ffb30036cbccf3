// Runs a command and prints one line of JSON on standard error when it ends: {"wallMs", "cpuMs", "peakBytes",
// "status"}. A program of its own because the peak of a process started by a large one (such as Node) begins
// with the large one's.
//
//   measure-command COMMAND [ARGUMENT...]
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) return 1;
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  // Linux counts in KiB.
  std::fprintf(stderr, "{\"wallMs\":%.1f,\"cpuMs\":%.1f,\"peakBytes\":%ld,\"status\":%d}\n", wall.count(),
               milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), usage.ru_maxrss * 1024, code);
  return code;
}
