#pragma once

#include <cstdint>
#include <vector>

#include "image/preprocess-plan.h"

// The same as hornet::image::preprocess in the most literal way: the whole picture is resized pixel by pixel,
// padded, cropped, mapped and laid out, each step on its own. Slow.
std::vector<std::uint8_t> naivePreprocess(const std::vector<std::uint8_t>& source,
                                          const hornet::image::PreprocessPlan& plan);
