#include "image/preprocessor.h"

#include <memory>
#include <utility>

#include "image/resample.h"
#include "image/tensor-writer.h"

namespace hornet::image {

void Preprocessor::run(const std::uint8_t* source, const PreprocessPlan& plan, std::uint8_t* target) {
  const PictureView picture{source, plan.sourceWidth, plan.sourceHeight, plan.sourceWidth * kChannels};
  const Axis columns = columnsOf(plan);
  const Axis rows = rowsOf(plan);
  const TensorWriter writer(columns, rows, plan, target);
  writer.writePaddingRows();

  const auto coefficientsOf = [&](const Axis& axis) {
    return axis.resized() ? coefficients_.get(plan.filter, axis) : nullptr;
  };
  const std::shared_ptr<const ResampleCoefficients> byColumn = coefficientsOf(columns);
  const std::shared_ptr<const ResampleCoefficients> byRow = coefficientsOf(rows);
  std::unique_ptr<Workspace> workspace = workspaces_.take();
  resample({picture, plan.filter, columns, rows, byColumn.get(), byRow.get(), kernels_}, *workspace, writer);
  workspaces_.giveBack(std::move(workspace));
}

}  // namespace hornet::image
