#include "onnx/model.h"

#include <algorithm>
#include <iterator>

namespace stand_in::onnx {
namespace {

// Numbers of onnx.TensorProto.DataType.
ElementType elementTypeOf(std::int64_t number) {
  switch (number) {
    case 1:
      return ElementType::kFloat;
    case 2:
      return ElementType::kUint8;
    case 3:
      return ElementType::kInt8;
    case 6:
      return ElementType::kInt32;
    case 7:
      return ElementType::kInt64;
    case 9:
      return ElementType::kBool;
    case 10:
      return ElementType::kHalf;
    default:
      throw WireError("an element type that is unknown here: " + std::to_string(number));
  }
}

// Repeated numbers come one by one or packed.
void appendIntegers(const Field& field, std::vector<std::int64_t>& list) {
  if (!field.isDelimited) {
    list.push_back(field.integer());
    return;
  }
  for (WireReader packed(field.bytes); !packed.atEnd();)
    list.push_back(static_cast<std::int64_t>(packed.varint()));
}

void appendFloats(const Field& field, std::vector<float>& list) {
  if (!field.isDelimited) {
    list.push_back(field.real());
    return;
  }
  for (WireReader packed(field.bytes); !packed.atEnd();) {
    Field number;
    number.value = packed.fixed(4);
    list.push_back(number.real());
  }
}

template <typename Element>
std::shared_ptr<std::vector<char>> toBytes(const std::vector<std::int64_t>& list) {
  auto bytes = std::make_shared<std::vector<char>>(list.size() * sizeof(Element));
  for (std::size_t i = 0; i < list.size(); i++) {
    const auto element = static_cast<Element>(list[i]);
    std::memcpy(bytes->data() + i * sizeof element, &element, sizeof element);
  }
  return bytes;
}

Constant readTensor(std::string_view bytes) {
  Constant tensor;
  std::string_view raw;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
  Field field;
  for (WireReader reader(bytes); reader.next(field);) {
    if (field.number == 1) appendIntegers(field, tensor.shape);
    if (field.number == 2) tensor.weights.type = elementTypeOf(field.integer());
    if (field.number == 4) appendFloats(field, floats);
    if (field.number == 5 || field.number == 7) appendIntegers(field, integers);
    if (field.number == 8) tensor.name = field.text();
    if (field.number == 9) raw = field.bytes;
    if (field.number == 14 && field.value == 1) throw WireError("weights in other files are not read here");
  }
  tensor.weights.count = volumeOf(tensor.shape);
  if (!floats.empty()) {
    tensor.own = std::make_shared<std::vector<char>>(floats.size() * sizeof(float));
    std::memcpy(tensor.own->data(), floats.data(), tensor.own->size());
  } else if (!integers.empty()) {
    const std::size_t size = sizeOf(tensor.weights.type);
    tensor.own = size == 8   ? toBytes<std::int64_t>(integers)
                 : size == 4 ? toBytes<std::int32_t>(integers)
                 : size == 2 ? toBytes<std::uint16_t>(integers)
                             : toBytes<std::uint8_t>(integers);
  }
  if (tensor.own) raw = {tensor.own->data(), tensor.own->size()};
  if (raw.size() != tensor.weights.bytes())
    throw WireError("tensor " + tensor.name + " lacks some of its data");
  tensor.weights.data = raw.data();
  return tensor;
}

Attribute readAttribute(std::string_view bytes, std::string& name) {
  Attribute attribute;
  Field field;
  for (WireReader reader(bytes); reader.next(field);) {
    if (field.number == 1) name = field.text();
    if (field.number == 2) attribute.real = field.real();
    if (field.number == 3) attribute.integer = field.integer();
    if (field.number == 4) attribute.text = field.text();
    if (field.number == 5) attribute.tensor = std::make_shared<Constant>(readTensor(field.bytes));
    if (field.number == 7) appendFloats(field, attribute.reals);
    if (field.number == 8) appendIntegers(field, attribute.integers);
  }
  return attribute;
}

OnnxNode readNode(std::string_view bytes) {
  OnnxNode node;
  Field field;
  for (WireReader reader(bytes); reader.next(field);) {
    if (field.number == 1) node.inputs.push_back(field.text());
    if (field.number == 2) node.outputs.push_back(field.text());
    if (field.number == 3) node.name = field.text();
    if (field.number == 4) node.op = field.text();
    if (field.number == 5) {
      std::string name;
      Attribute attribute = readAttribute(field.bytes, name);
      node.attributes[name] = std::move(attribute);
    }
  }
  return node;
}

// TensorShapeProto: a dimension without a value, or with a name, is dynamic.
Shape readShape(std::string_view bytes) {
  Shape shape;
  Field field;
  for (WireReader reader(bytes); reader.next(field);) {
    if (field.number != 1) continue;
    std::int64_t size = -1;
    Field part;
    for (WireReader dimension(field.bytes); dimension.next(part);) {
      if (part.number == 1) size = part.integer();
    }
    shape.push_back(size);
  }
  return shape;
}

OnnxInput readValueInfo(std::string_view bytes) {
  OnnxInput value;
  Field field;
  for (WireReader reader(bytes); reader.next(field);) {
    if (field.number == 1) value.name = field.text();
    if (field.number != 2) continue;
    Field type;
    for (WireReader types(field.bytes); types.next(type);) {
      if (type.number != 1) continue;
      Field part;
      for (WireReader tensor(type.bytes); tensor.next(part);) {
        if (part.number == 1) value.type = elementTypeOf(part.integer());
        if (part.number == 2) value.shape = readShape(part.bytes);
      }
    }
  }
  return value;
}

void readGraph(std::string_view bytes, OnnxModel& model) {
  Field field;
  for (WireReader reader(bytes); reader.next(field);) {
    if (field.number == 1) model.nodes.push_back(readNode(field.bytes));
    if (field.number == 5) {
      Constant tensor = readTensor(field.bytes);
      const std::string name = tensor.name;
      model.constants[name] = std::move(tensor);
    }
    if (field.number == 11) model.inputs.push_back(readValueInfo(field.bytes));
    if (field.number == 12) model.outputs.push_back(readValueInfo(field.bytes).name);
  }
}

}  // namespace

OnnxModel readModel(std::string_view bytes) {
  OnnxModel model;
  Field field;
  for (WireReader reader(bytes); reader.next(field);) {
    if (field.number == 7) readGraph(field.bytes, model);
    if (field.number != 8) continue;
    std::string domain;
    std::int64_t version = 1;
    Field part;
    for (WireReader opset(field.bytes); opset.next(part);) {
      if (part.number == 1) domain = part.text();
      if (part.number == 2) version = part.integer();
    }
    if (domain.empty()) model.opset = version;
  }
  const auto isConstant = [&](const OnnxInput& input) { return model.constants.count(input.name) != 0; };
  model.inputs.erase(std::remove_if(model.inputs.begin(), model.inputs.end(), isConstant),
                     model.inputs.end());
  return model;
}

}  // namespace stand_in::onnx
