// Converts a network to an ONNX graph from raw pixels to logits.
//
//     images        uint8 [batch, channels, height, width], 0 to 255
//     logits        float [batch, classes]
//
// The pixels are bytes: runtimes refuse floats, so pixels that were scaled already are noticed. Nodes and constants
// have the names of the layers and their parameters; ONNXOperations.swift converts each layer. Dropout only acts in
// training, so it is left out. There is no softmax: losses, averages over networks and comparisons start from logits,
// and the likeliest class is the same.
//
// If answers are the mean over views of an image, the batch is repeated for each view: the images and their mirror
// images, then both moved up-left, then both moved down-right. The logits are the mean over the views:
//
//     views         [views · batch, …]  ←  images, images[…, width − 1 … 0], …
//     logits        the mean over the views
//
// The logits of a calibrated model are divided by its temperature, so that softmax gives fm-predict's probabilities.

import Inference
import Networks
import TensorStream

extension ONNXGraph {
  /// Converts the network of `architecture`; `tensors` are its parameters.
  ///
  /// - Complexity: O(n) for n nodes; weights are not copied.
  init(
    _ architecture: Architecture, tensors: [Safetensors.Tensor], averaging: Averaging, scaling: PixelScaling,
    temperature: Float? = nil
  ) {
    let image = architecture.input
    self.init(
      name: "classifier",
      input: ONNXValue(
        name: "images", elementType: .uint8, shape: [image.channels, image.height, image.width],
        description:
          "Pixels from 0 to 255 as they are, [batch, channels, height, width]; the model scales them."),
      output: ONNXValue(
        name: "logits", elementType: .float, shape: [architecture.classCount],
        description:
          "A number for each class, the likeliest's is the largest; softmax makes probabilities of them."
          + (averaging.words.map { " They are \($0)." } ?? "")
          + (temperature.map { " They are divided by the temperature \($0)." } ?? "")))
    constants = [ONNXConstant(name: Self.scale, shape: [], values: [1 / 255])]
    // Step counts only matter in training.
    constants += tensors.filter { $0.elementType == .f32 }
      .map { ONNXConstant(name: $0.name, shape: $0.shape, values: $0.values) }
    constants += Self.numbers(in: architecture)

    var value = append("Cast", "cast", [input.name], [("to", .integer(ONNXElementType.float.rawValue))])
    if averaging.shift > 0 {
      // Images are mirrored first and then moved. They are moved before normalisation, so that the new pixels are
      // black.
      if averaging.flips { value = appendMirrored(value, image) }
      value = appendMoved(averaging, of: value, image)
    }
    value = append("Mul", "scale", [value, Self.scale])
    if !scaling.isNone { value = append(scaling, channels: image.channels, to: value) }
    if averaging == .flip { value = appendMirrored(value, image) }
    // The output of each node of the network, by its index.
    var values = [value]
    for node in architecture.nodes.dropFirst() {
      values.append(append(node, to: node.inputs.map { values[$0] }))
    }
    value = values[values.count - 1]
    if averaging != .none { value = appendMean(averaging, of: value, architecture.classCount) }
    if let temperature {
      constants.append(ONNXConstant(name: "temperature", shape: [], values: [temperature]))
      value = append("Div", "calibrated", [value, "temperature"])
    }
    nodes[nodes.count - 1].output = output.name
  }

  /// Appends (pixels − means) / deviations, with one mean and one deviation per channel.
  private mutating func append(_ scaling: PixelScaling, channels: Int, to value: String) -> String {
    let numbers = (0..<channels).map(scaling.channel)
    let shape = [1, channels, 1, 1]
    constants.append(ONNXConstant(name: "pixel_mean", shape: shape, values: numbers.map(\.mean)))
    constants.append(ONNXConstant(name: "pixel_deviation", shape: shape, values: numbers.map(\.deviation)))
    let centred = append("Sub", "centre", [value, "pixel_mean"])
    return append("Div", "normalise", [centred, "pixel_deviation"])
  }

  /// Appends the images followed by the moved ones. The pixels that enter at the edges are black.
  private mutating func appendMoved(
    _ averaging: Averaging, of value: String, _ image: ImageShape
  ) -> String {
    let shift = averaging.shift
    constants.append(
      ONNXConstant(name: "edges", integers: [0, 0, shift, shift, 0, 0, shift, shift]))
    constants.append(ONNXConstant(name: "sides", integers: [2, 3]))
    let padded = append("Pad", "padded", [value, "edges"])
    var views = [value]
    for (name, move) in [("up_left", -shift), ("down_right", shift)] {
      let start = shift - move
      constants.append(ONNXConstant(name: "\(name)_start", integers: [start, start]))
      constants.append(
        ONNXConstant(name: "\(name)_end", integers: [start + image.height, start + image.width]))
      views.append(append("Slice", name, [padded, "\(name)_start", "\(name)_end", "sides"]))
    }
    return append("Concat", "moved", views, [("axis", .integer(0))])
  }

  /// Appends the images followed by their mirror images.
  private mutating func appendMirrored(_ value: String, _ image: ImageShape) -> String {
    constants.append(ONNXConstant(name: "mirror_columns", integers: (0..<image.width).reversed()))
    let mirrored = append("Gather", "mirror", [value, "mirror_columns"], [("axis", .integer(3))])
    return append("Concat", "views", [value, mirrored], [("axis", .integer(0))])
  }

  /// Appends the mean over views: [views · batch, classes] → [views, batch, classes] → [batch, classes].
  private mutating func appendMean(
    _ averaging: Averaging, of value: String, _ classCount: Int
  ) -> String {
    let shift = averaging.shift
    let weights = (shift == 0 ? [0] : [0, -shift, shift]).flatMap { move in
      averaging.views.filter { $0.change.down == move }.map(\.weight)
    }
    constants.append(ONNXConstant(name: "view_shape", integers: [weights.count, -1, classCount]))
    let views = append("Reshape", "by_view", [value, "view_shape"])
    if averaging.shift == 0 {
      return append("ReduceMean", "mean", [views], [("axes", .integers([0])), ("keepdims", .integer(0))])
    }
    constants.append(ONNXConstant(name: "view_weights", shape: [weights.count, 1, 1], values: weights))
    constants.append(ONNXConstant(name: "view_axis", integers: [0]))
    let weighted = append("Mul", "weighted", [views, "view_weights"])
    return append("ReduceSum", "mean", [weighted, "view_axis"], [("keepdims", .integer(0))])
  }

  private static let scale = "pixel_scale"

  /// Appends a node, and returns the name of its output, which is the node's name.
  mutating func append(
    _ operation: String, _ name: String, _ inputs: [String],
    _ attributes: [(name: String, value: ONNXNode.Attribute)] = []
  ) -> String {
    nodes.append(
      ONNXNode(operation: operation, name: name, inputs: inputs, output: name, attributes: attributes))
    return name
  }
}
