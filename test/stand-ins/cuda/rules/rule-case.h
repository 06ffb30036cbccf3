#pragma once

#include <string>
#include <vector>

namespace rules {

// A program that uses the stand-in driver, in a process of its own.
struct Case {
  const char* name;
  // The rules that it breaks, all of them: it must be caught at these and at no other. None: a correct
  // program.
  std::vector<const char*> breaks;
  // The process ends by the fault that it provokes.
  bool dies;
  void (*run)();
};

std::vector<Case> correctCases();
std::vector<Case> memoryCases();
std::vector<Case> synchronisationCases();
std::vector<Case> contextCases();
std::vector<Case> captureCases();
std::vector<Case> graphCases();
// The kernels of other stand-ins, and their objects.
std::vector<Case> launchCases();
// Every entry point, for injected failures.
std::vector<Case> faultCases();

}  // namespace rules
