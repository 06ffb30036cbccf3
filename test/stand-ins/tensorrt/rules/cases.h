#pragma once

#include <vector>

#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {

std::vector<Case> correctTensorRtCases();
std::vector<Case> lifetimeCases();
std::vector<Case> enqueueCases();
std::vector<Case> tensorRtCaptureCases();
std::vector<Case> builderCases();

}  // namespace rules
