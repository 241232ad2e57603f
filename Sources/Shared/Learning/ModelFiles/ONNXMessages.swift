// The messages of an ONNX file, as far as our networks need them. Field numbers are those of onnx.proto
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Fields are added in the order of their numbers, as
// protobuf's libraries write them, so that the onnx package writes the same bytes for the same model.

/// The type of a value's elements.
enum ONNXElementType: Int {
  case float = 1
  case uint8 = 2
  case int64 = 7
}

/// An operation with one output (NodeProto).
struct ONNXNode {
  enum Attribute {
    case float(Float)
    case integer(Int)
    case integers([Int])
  }

  var operation: String
  var name: String
  var inputs: [String]
  var output: String
  var attributes: [(name: String, value: Attribute)] = []

  var message: ProtobufMessage {
    var message = ProtobufMessage()
    for input in inputs { message.add(1, input) }
    message.add(2, output)
    message.add(3, name)
    message.add(4, operation)
    for (name, value) in attributes { message.add(5, Self.message(name, value)) }
    return message
  }

  /// Returns an AttributeProto. Field 20 says which of the other fields holds the value.
  private static func message(_ name: String, _ value: Attribute) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, name)
    switch value {
    case .float(let float):
      message.add(2, float)
      message.add(20, 1)
    case .integer(let integer):
      message.add(3, integer)
      message.add(20, 2)
    case .integers(let integers):
      for integer in integers { message.add(8, integer) }
      message.add(20, 7)
    }
    return message
  }
}

/// A constant (TensorProto).
struct ONNXConstant {
  var name: String
  /// The dimensions; empty for a single number.
  var shape: [Int]
  /// The elements in row-major order.
  var values: Values

  enum Values {
    case floats([Float])
    case integers([Int64])
  }

  init(name: String, shape: [Int], values: [Float]) {
    (self.name, self.shape, self.values) = (name, shape, .floats(values))
  }

  /// Creates a list of integers.
  init(name: String, integers: [Int]) {
    (self.name, shape, values) = (name, [integers.count], .integers(integers.map(Int64.init)))
  }

  var message: ProtobufMessage {
    var message = ProtobufMessage()
    for length in shape { message.add(1, length) }
    switch values {
    case .floats(let floats):
      message.add(2, ONNXElementType.float.rawValue)
      message.add(8, name)
      message.add(9, bytesOf: floats)
    case .integers(let integers):
      message.add(2, ONNXElementType.int64.rawValue)
      message.add(8, name)
      message.add(9, bytesOfIntegers: integers)
    }
    return message
  }
}

/// An input or an output of the graph (ValueInfoProto). Its first dimension, the batch, has any length.
struct ONNXValue {
  var name: String
  var elementType: ONNXElementType
  /// The dimensions after the batch.
  var shape: [Int]
  var description: String

  var message: ProtobufMessage {
    var batch = ProtobufMessage()
    batch.add(2, "batch")
    var shapeMessage = ProtobufMessage()
    shapeMessage.add(1, batch)
    for length in shape {
      var dimension = ProtobufMessage()
      dimension.add(1, length)
      shapeMessage.add(1, dimension)
    }
    var tensorType = ProtobufMessage()
    tensorType.add(1, elementType.rawValue)
    tensorType.add(2, shapeMessage)
    var type = ProtobufMessage()
    type.add(1, tensorType)

    var message = ProtobufMessage()
    message.add(1, name)
    message.add(2, type)
    message.add(3, description)
    return message
  }
}

/// A network (GraphProto): nodes in the order of their computation.
struct ONNXGraph {
  var name: String
  var nodes: [ONNXNode] = []
  var constants: [ONNXConstant] = []
  var input: ONNXValue
  var output: ONNXValue

  var message: ProtobufMessage {
    var message = ProtobufMessage()
    for node in nodes { message.add(1, node.message) }
    message.add(2, name)
    for constant in constants { message.add(5, constant.message) }
    message.add(11, input.message)
    message.add(12, output.message)
    return message
  }

  /// Returns the whole file (ModelProto). `metadata` is stored as texts, in the order of their keys.
  ///
  /// - Complexity: O(n) for n nodes, constants and bytes of metadata; weights are not copied.
  func model(metadata: [String: String]) -> ProtobufMessage {
    var operators = ProtobufMessage()
    operators.add(2, Self.operatorSetVersion)
    var model = ProtobufMessage()
    model.add(1, Self.formatVersion)
    model.add(2, "fm-tools")
    model.add(7, message)
    model.add(8, operators)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      var entry = ProtobufMessage()
      entry.add(1, key)
      entry.add(2, value)
      model.add(14, entry)
    }
    return model
  }

  // The versions of ONNX 1.8, from 2020. Nothing that we write has changed since, and older runtimes refuse newer
  // versions.
  private static let formatVersion = 7
  private static let operatorSetVersion = 13
}
