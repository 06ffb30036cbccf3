#include "stand-ins/cuda/rules/run-case.h"
#include "stand-ins/tensorrt/rules/cases.h"

int main(int count, char** arguments) {
  using namespace rules;
  return runCase(
      count, arguments,
      {correctTensorRtCases(), lifetimeCases(), enqueueCases(), tensorRtCaptureCases(), builderCases()});
}
