#include <algorithm>

#include "kernels/broadcast.h"
#include "kernels/kernels.h"
#include "kernels/panel-product.h"

namespace stand_in {
namespace {

class Matrix final : public PanelSource {
 public:
  Matrix(const float* elements, std::size_t rows, std::size_t rowStride, std::size_t columnStride)
      : elements_(elements), rows_(rows), rowStride_(rowStride), columnStride_(columnStride) {}

  void fill(std::size_t firstColumn, std::size_t columns, float* panel) const override {
    for (std::size_t row = 0; row < rows_; row++, panel += kPanelColumns) {
      const float* source = elements_ + row * rowStride_ + firstColumn * columnStride_;
      for (std::size_t c = 0; c < columns; c++) panel[c] = source[c * columnStride_];
      std::fill(panel + columns, panel + kPanelColumns, 0.0F);
    }
  }

 private:
  const float* elements_;
  std::size_t rows_;
  std::size_t rowStride_;
  std::size_t columnStride_;
};

// A vector on the left is a row, one on the right a column.
struct Sides {
  Shape batch;
  std::size_t rows;
  std::size_t columns;
};

Sides sidesOf(const Tensor& tensor, MatrixForm form, bool isLeft) {
  const std::size_t core = form == MatrixForm::kVector ? 1 : 2;
  const std::size_t rank = tensor.shape.size();
  Sides sides{Shape(tensor.shape.begin(), tensor.shape.end() - static_cast<std::ptrdiff_t>(core)), 1, 1};
  if (core == 1) {
    (isLeft ? sides.columns : sides.rows) = sizeAt(tensor.shape, rank - 1);
  } else {
    sides.rows = sizeAt(tensor.shape, rank - 2);
    sides.columns = sizeAt(tensor.shape, rank - 1);
  }
  return sides;
}

Elements transposedMatrix(const float* matrix, std::size_t rows, std::size_t columns) {
  Elements result(rows * columns);
  for (std::size_t row = 0; row < rows; row++) {
    for (std::size_t column = 0; column < columns; column++)
      result[column * rows + row] = matrix[row * columns + column];
  }
  return result;
}

}  // namespace

Elements multiplyMatrices(const Node& node, const Tensor& left, const Tensor& right, const Shape& shape) {
  const auto first = static_cast<MatrixForm>(node.integer("first"));
  const auto second = static_cast<MatrixForm>(node.integer("second"));
  const Sides leftSides = sidesOf(left, first, true);
  const Sides rightSides = sidesOf(right, second, false);
  const bool leftTransposed = first == MatrixForm::kTransposed;
  const bool rightTransposed = second == MatrixForm::kTransposed;
  const std::size_t rows = leftTransposed ? leftSides.columns : leftSides.rows;
  const std::size_t inner = leftTransposed ? leftSides.rows : leftSides.columns;
  const std::size_t columns = rightTransposed ? rightSides.rows : rightSides.columns;
  const Shape batch(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(leftSides.batch.size()));
  const BroadcastIndex leftIndex(leftSides.batch, batch);
  const BroadcastIndex rightIndex(rightSides.batch, batch);
  Elements output(countOf(shape));
  for (std::size_t i = 0; i < countOf(batch); i++) {
    const float* leftMatrix = left.data() + leftIndex.of(i) * rows * inner;
    const float* rightMatrix = right.data() + rightIndex.of(i) * inner * columns;
    Elements turned;
    if (leftTransposed) {
      turned = transposedMatrix(leftMatrix, inner, rows);
      leftMatrix = turned.data();
    }
    const Matrix source(rightMatrix, inner, rightTransposed ? 1 : columns, rightTransposed ? inner : 1);
    multiply({rows, inner, columns, leftMatrix, nullptr, output.data() + i * rows * columns}, source);
  }
  return output;
}

}  // namespace stand_in
