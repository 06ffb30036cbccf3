#include "stand-ins/cuda/rules/run-case.h"

int main(int count, char** arguments) {
  using namespace rules;
  return runCase(count, arguments,
                 {correctCases(), memoryCases(), synchronisationCases(), contextCases(), captureCases(),
                  graphCases(), launchCases(), faultCases()});
}
