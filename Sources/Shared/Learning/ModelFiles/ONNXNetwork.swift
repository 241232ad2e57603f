// A network as an ONNX graph: raw pixels in, logits out.
//
//     images        uint8 [batch, channels, height, width], 0 to 255
//     logits        float [batch, classes]
//
// The pixels are bytes, so that nobody can scale them a second time unnoticed: runtimes refuse floats. Nodes and
// constants have the names of the layers and of their parameters; what each layer becomes is in ONNXOperations.swift.
// Dropout, which does something only in training, is left out. There is no softmax: logits are what a loss, an average
// over several networks and a comparison begin with, and the likeliest class is the same.
//
// Where answers are the mean over views of an image, these follow each other, each as many as the batch: the images and
// their mirror images, then both moved one way, then both moved the other. Logits are then the mean over views:
//
//     views         [views · batch, …]  ←  images, images[…, width − 1 … 0], …
//     logits        the mean of the parts
//
// The logits of a calibrated model are divided by its temperature, so that softmax gives fm-predict's probabilities.

import Inference
import Networks
import TensorStream

extension ONNXGraph {
  /// The network of `architecture`; `tensors` are its parameters.
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
    // Counts of steps are of interest in training only.
    constants += tensors.filter { $0.elementType == .f32 }
      .map { ONNXConstant(name: $0.name, shape: $0.shape, values: $0.values) }
    constants += Self.numbers(in: architecture)

    var value = append("Cast", "cast", [input.name], [("to", .integer(ONNXElementType.float.rawValue))])
    if averaging.shift > 0 {
      // A mirror image is moved, not what is moved mirrored; and what comes in is black before pixels are normalised.
      if averaging.flips { value = appendMirrored(value, image) }
      value = appendMoved(averaging, of: value, image)
    }
    value = append("Mul", "scale", [value, Self.scale])
    if !scaling.isNone { value = append(scaling, channels: image.channels, to: value) }
    if averaging == .flip { value = appendMirrored(value, image) }
    // What each node of the network gives, by its number.
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

  /// (pixels − means) / deviations, a number for each channel.
  private mutating func append(_ scaling: PixelScaling, channels: Int, to value: String) -> String {
    let numbers = (0..<channels).map(scaling.channel)
    let shape = [1, channels, 1, 1]
    constants.append(ONNXConstant(name: "pixel_mean", shape: shape, values: numbers.map(\.mean)))
    constants.append(ONNXConstant(name: "pixel_deviation", shape: shape, values: numbers.map(\.deviation)))
    let centred = append("Sub", "centre", [value, "pixel_mean"])
    return append("Div", "normalise", [centred, "pixel_deviation"])
  }

  /// The images, followed by those that are moved; what comes in at the edges is black.
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

  /// The images, followed by their mirror images.
  private mutating func appendMirrored(_ value: String, _ image: ImageShape) -> String {
    constants.append(ONNXConstant(name: "mirror_columns", integers: (0..<image.width).reversed()))
    let mirrored = append("Gather", "mirror", [value, "mirror_columns"], [("axis", .integer(3))])
    return append("Concat", "views", [value, mirrored], [("axis", .integer(0))])
  }

  /// [views · batch, classes] → [views, batch, classes] → [batch, classes]
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

  /// Appends a node; what comes out has the node's name.
  mutating func append(
    _ operation: String, _ name: String, _ inputs: [String],
    _ attributes: [(name: String, value: ONNXNode.Attribute)] = []
  ) -> String {
    nodes.append(
      ONNXNode(operation: operation, name: name, inputs: inputs, output: name, attributes: attributes))
    return name
  }
}
