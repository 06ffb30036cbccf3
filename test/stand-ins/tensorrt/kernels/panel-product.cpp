#include "kernels/panel-product.h"

#include <algorithm>
#include <vector>

namespace stand_in {
namespace {

constexpr std::size_t kPanelRows = 4;

// The sums of a few rows stay in registers while the panel, which fits a cache, goes by once for each.
[[gnu::always_inline]] inline void multiplyRows(const Product& product, std::size_t firstRow,
                                                std::size_t rows, const float* panel, std::size_t firstColumn,
                                                std::size_t columns) {
  float sums[kPanelRows][kPanelColumns] = {};
  const float* left[kPanelRows];
  for (std::size_t r = 0; r < kPanelRows; r++) {
    // Rows that are not there repeat the last one; their sums are thrown away.
    left[r] = product.left + (firstRow + std::min(r, rows - 1)) * product.inner;
  }
  for (std::size_t k = 0; k < product.inner; k++) {
    const float* right = panel + k * kPanelColumns;
    for (std::size_t r = 0; r < kPanelRows; r++) {
      const float factor = left[r][k];
      for (std::size_t c = 0; c < kPanelColumns; c++) sums[r][c] += factor * right[c];
    }
  }
  for (std::size_t r = 0; r < rows; r++) {
    const float bias = product.bias != nullptr ? product.bias[firstRow + r] : 0.0F;
    float* target = product.result + (firstRow + r) * product.columns + firstColumn;
    for (std::size_t c = 0; c < columns; c++) target[c] = sums[r][c] + bias;
  }
}

[[gnu::always_inline]] inline void multiplyPanel(const Product& product, const float* panel,
                                                 std::size_t firstColumn, std::size_t columns) {
  for (std::size_t row = 0; row < product.rows; row += kPanelRows) {
    multiplyRows(product, row, std::min(kPanelRows, product.rows - row), panel, firstColumn, columns);
  }
}

using MultiplyPanel = void(const Product&, const float*, std::size_t, std::size_t);

void multiplyPanelAnywhere(const Product& product, const float* panel, std::size_t column,
                           std::size_t columns) {
  multiplyPanel(product, panel, column, columns);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void multiplyPanelAvx2(const Product& product, const float* panel, std::size_t column,
                                               std::size_t columns) {
  multiplyPanel(product, panel, column, columns);
}

MultiplyPanel* chooseMultiplyPanel() {
  return __builtin_cpu_supports("avx2") != 0 ? multiplyPanelAvx2 : multiplyPanelAnywhere;
}
#else
MultiplyPanel* chooseMultiplyPanel() { return multiplyPanelAnywhere; }
#endif

}  // namespace

void multiply(const Product& product, const PanelSource& right) {
  static MultiplyPanel* const kMultiplyPanel = chooseMultiplyPanel();
  std::vector<float> panel(product.inner * kPanelColumns);
  for (std::size_t column = 0; column < product.columns; column += kPanelColumns) {
    const std::size_t columns = std::min(kPanelColumns, product.columns - column);
    right.fill(column, columns, panel.data());
    kMultiplyPanel(product, panel.data(), column, columns);
  }
}

}  // namespace stand_in
