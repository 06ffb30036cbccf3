#pragma once

#include <string>

namespace hornet::cuda {

// Names and meanings of the driver's errors that a probe may meet, for drivers that do not tell them. For
// other numbers: "CUDA_ERROR_<number>" and an empty text.
std::string knownErrorName(int error);
std::string knownErrorText(int error);

}  // namespace hornet::cuda
