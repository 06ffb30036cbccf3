#include "naive-preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace {

using hornet::image::Filter;
using hornet::image::PreprocessPlan;

struct Rgb {
  int width;
  int height;
  std::vector<std::uint8_t> data;

  Rgb(int w, int h) : width(w), height(h), data(static_cast<std::size_t>(w * h * 3)) {}
  std::uint8_t& at(int x, int y, int c) { return data[static_cast<std::size_t>((y * width + x) * 3 + c)]; }
  std::uint8_t at(int x, int y, int c) const {
    return data[static_cast<std::size_t>((y * width + x) * 3 + c)];
  }
};

Rgb transpose(const Rgb& picture) {
  Rgb result(picture.height, picture.width);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) result.at(y, x, c) = picture.at(x, y, c);
    }
  }
  return result;
}

Rgb resizeColumns(const Rgb& source, int width, Filter filter) {
  Rgb result(width, source.height);
  const double scale = static_cast<double>(source.width) / width;
  const double kernelScale = std::max(scale, 1.0);
  const double support = hornet::image::filterSupport(filter) * kernelScale;
  for (int x = 0; x < width; ++x) {
    const double centre = (x + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(centre - support + 0.5));
    const int end = std::min(source.width, static_cast<int>(centre + support + 0.5));
    double sum = 0;
    for (int i = first; i < end; ++i) {
      sum += hornet::image::filterWeight(filter, (i - centre + 0.5) * (1.0 / kernelScale));
    }
    for (int y = 0; y < source.height; ++y) {
      for (int c = 0; c < 3; ++c) {
        std::int64_t accumulator = 1 << 21;
        for (int i = first; i < end; ++i) {
          const double weight =
              hornet::image::filterWeight(filter, (i - centre + 0.5) * (1.0 / kernelScale)) / sum;
          accumulator += source.at(i, y, c) * static_cast<std::int64_t>(
                                                  std::trunc(weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5)));
        }
        result.at(x, y, c) = static_cast<std::uint8_t>(std::clamp<std::int64_t>(accumulator >> 22, 0, 255));
      }
    }
  }
  return result;
}

Rgb nearestColumns(const Rgb& source, int width) {
  Rgb result(width, source.height);
  const double scale = static_cast<double>(source.width) / width;
  double position = scale * 0.5;
  for (int x = 0; x < width; ++x, position += scale) {
    for (int y = 0; y < source.height; ++y) {
      for (int c = 0; c < 3; ++c) result.at(x, y, c) = source.at(static_cast<int>(position), y, c);
    }
  }
  return result;
}

Rgb resizedColumns(const Rgb& source, int width, Filter filter) {
  if (width == source.width) return source;
  return filter == Filter::kNearest ? nearestColumns(source, width) : resizeColumns(source, width, filter);
}

Rgb resizedRows(const Rgb& source, int height, Filter filter) {
  return transpose(resizedColumns(transpose(source), height, filter));
}

Rgb resize(const Rgb& source, int width, int height, Filter filter) {
  const int narrower = source.width - width;
  const int lower = source.height - height;
  const bool rowsFirst = lower > 0 && lower > 2 * narrower;
  return rowsFirst ? resizedColumns(resizedRows(source, height, filter), width, filter)
                   : resizedRows(resizedColumns(source, width, filter), height, filter);
}

Rgb cropOrPad(const Rgb& source, int width, int height) {
  Rgb result(width, height);
  const auto offset = [](int size, int wanted) {
    return static_cast<int>(std::floor((size - wanted) / 2.0));  // negative where padded
  };
  const int left = offset(source.width, width);
  const int top = offset(source.height, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool inside = x + left >= 0 && x + left < source.width && y + top >= 0 && y + top < source.height;
      for (int c = 0; c < 3; ++c)
        result.at(x, y, c) = inside ? source.at(x + left, y + top, c) : std::uint8_t{0};
    }
  }
  return result;
}

template <typename T>
void append(std::vector<std::uint8_t>& bytes, T value) {
  std::uint8_t raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.insert(bytes.end(), raw, raw + sizeof(T));
}

void appendElement(std::vector<std::uint8_t>& bytes, const PreprocessPlan& plan, const Rgb& picture, int x,
                   int y, int outputChannel) {
  const int c = plan.flipChannels ? 2 - outputChannel : outputChannel;
  const std::uint8_t value = picture.at(x, y, c);
  const auto index = static_cast<std::size_t>(c) * 256 + value;
  if (const auto* floats = std::get_if<hornet::image::Float32Table>(&plan.table)) {
    append(bytes, (*floats)[index]);
  } else if (const auto* halves = std::get_if<hornet::image::Float16Table>(&plan.table)) {
    append(bytes, (*halves)[index]);
  } else {
    append(bytes, value);
  }
}

}  // namespace

std::vector<std::uint8_t> naivePreprocess(const std::vector<std::uint8_t>& source,
                                          const PreprocessPlan& plan) {
  Rgb picture(static_cast<int>(plan.sourceWidth), static_cast<int>(plan.sourceHeight));
  picture.data = source;
  const Rgb resized =
      resize(picture, static_cast<int>(plan.resizeWidth), static_cast<int>(plan.resizeHeight), plan.filter);
  const Rgb cropped = cropOrPad(resized, static_cast<int>(plan.cropWidth), static_cast<int>(plan.cropHeight));

  std::vector<std::uint8_t> bytes;
  if (plan.planar) {
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < cropped.height; ++y) {
        for (int x = 0; x < cropped.width; ++x) appendElement(bytes, plan, cropped, x, y, c);
      }
    }
  } else {
    for (int y = 0; y < cropped.height; ++y) {
      for (int x = 0; x < cropped.width; ++x) {
        for (int c = 0; c < 3; ++c) appendElement(bytes, plan, cropped, x, y, c);
      }
    }
  }
  return bytes;
}
