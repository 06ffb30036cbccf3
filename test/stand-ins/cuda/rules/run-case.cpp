#include "stand-ins/cuda/rules/run-case.h"

#include <cstdio>
#include <cstring>
#include <exception>

namespace rules {
namespace {

void describe(const Case& one) {
  std::printf("%s\t%s\t", one.name, one.dies ? "dies" : "ends");
  const char* comma = "";
  for (const char* rule : one.breaks) {
    std::printf("%s%s", comma, rule);
    comma = ",";
  }
  std::printf("\n");
}

int run(const Case& wanted) {
  try {
    wanted.run();
    return 0;
  } catch (const std::exception& error) {
    // "CALL RESULT" for a call that failed.
    std::printf("%s\n", error.what());
    return 1;
  }
}

}  // namespace

int runCase(int count, char** arguments, std::initializer_list<std::vector<Case>> groups) {
  const bool list = count == 2 && std::strcmp(arguments[1], "--list") == 0;
  for (const std::vector<Case>& group : groups) {
    for (const Case& one : group) {
      if (list) {
        describe(one);
      } else if (count == 2 && std::strcmp(arguments[1], one.name) == 0) {
        return run(one);
      }
    }
  }
  if (list) return 0;
  std::fprintf(stderr, "usage: %s --list | CASE\n", arguments[0]);
  return 2;
}

}  // namespace rules
