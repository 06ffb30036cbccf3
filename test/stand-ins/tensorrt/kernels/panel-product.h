#pragma once

#include <cstddef>

namespace stand_in {

// Columns that are computed together.
constexpr std::size_t kPanelColumns = 16;

// A matrix of which the product takes a panel of columns at a time, such as an image seen through a
// convolution.
class PanelSource {
 public:
  virtual ~PanelSource() = default;
  // Columns firstColumn .. firstColumn + columns - 1 as panel[row][kPanelColumns].
  virtual void fill(std::size_t firstColumn, std::size_t columns, float* panel) const = 0;
};

struct Product {
  std::size_t rows;
  std::size_t inner;
  std::size_t columns;
  // Row-major rows x inner.
  const float* left;
  // One a row, or null.
  const float* bias;
  // Row-major rows x columns.
  float* result;
};

// result = left x right + bias.
void multiply(const Product& product, const PanelSource& right);

}  // namespace stand_in
