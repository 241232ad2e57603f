// Small networks of the kinds that people use. Together they have every operation, with settings that are not defaults.

import ByteIO
import Compute
import Inference
import MemoryStreams
import ModelFiles
import Networks
import RandomNumbers
import TensorStream
import Testing

struct GalleryNetwork: CustomTestStringConvertible, Sendable {
  let name: String
  let specification: String
  let input: ImageShape

  var testDescription: String { name }

  static let all = [
    GalleryNetwork(
      name: "LeNet",
      specification: """
        conv:6,kernel=5 tanh pool:average conv:8,kernel=5,padding=0 tanh pool:average linear:20 tanh linear:10 tanh
        """, input: ImageShape(height: 18, width: 16, channels: 1)),
    GalleryNetwork(
      name: "VGG with norm",
      specification: """
        conv:4 norm relu conv:4 norm relu pool dropout:0.1 conv:6,bias=no pool norm gelu pool:global
        linear:classes,bias=no
        """, input: ImageShape(height: 12, width: 9, channels: 3)),
    GalleryNetwork(
      name: "ResNet",
      specification: """
        conv:4,bias=no norm relu 2*( residual( conv:4,bias=no norm relu conv:4,bias=no norm ) relu )
        residual( conv:6,stride=2,bias=no norm relu conv:6,bias=no norm | conv:6,kernel=1,stride=2,bias=no norm ) relu
        pool:average,global
        """, input: ImageShape(height: 11, width: 10, channels: 3)),
    GalleryNetwork(
      name: "MobileNet",
      specification: """
        conv:4,stride=2 norm hardswish
        residual( conv:8,kernel=1 norm hardswish conv:8,groups=8 norm hardswish conv:4,kernel=1 norm )
        conv:8,kernel=1 silu conv:8,kernel=5,groups=4,stride=2 norm,epsilon=0.001 hardswish pool:average,global
        """, input: ImageShape(height: 14, width: 14, channels: 1)),
    GalleryNetwork(
      name: "DenseNet",
      specification: """
        conv:4 2*( concat( | norm relu conv:3 ) ) norm relu pool:average,size=3,stride=2,padding=1
        concat( conv:2,kernel=3x5 | conv:3,kernel=1x3 | pool:3,stride=1,padding=1 | residual( conv:10 | norm ) )
        pool:3,padding=1,stride=2 linear:9
        """, input: ImageShape(height: 10, width: 12, channels: 1)),
    GalleryNetwork(
      name: "ConvNeXt",
      specification: """
        conv:6,kernel=2,stride=2,padding=0 layernorm
        2*( residual( conv:6,kernel=7,groups=6 layernorm,epsilon=1e-6 conv:24,kernel=1 gelu conv:6,kernel=1 ) )
        layernorm,scale=no pool:average,global layernorm linear:12 layernorm,epsilon=0.01 relu
        """, input: ImageShape(height: 14, width: 12, channels: 3)),
    GalleryNetwork(
      name: "all activations",
      specification: """
        conv:3 leaky gelu conv:3,dilation=2 leaky:0.2 silu conv:3,kernel=3x5,padding=0x2,stride=2 hardswish
        residual( linear:7 tanh linear:5 | linear:5 ) sigmoid norm,scale=no relu scale:0.125
        concat( linear:3 | linear:4 norm relu ) scale:-3
        """, input: ImageShape(height: 9, width: 11, channels: 3)),
    GalleryNetwork(
      name: "fixed kernels",
      specification: "conv:9,kernel=3x2,whiten=yes norm gelu pool conv:4 relu linear:5",
      input: ImageShape(height: 9, width: 11, channels: 3)),
  ]

  /// Returns a model with the weights that training begins with, and with statistics like those that it leaves.
  func model(classCount: Int = 5) throws -> Model {
    let architecture = try Architecture(
      specification: specification, input: input, classCount: classCount)
    var random = SplitMix64(seed: 12, 3)
    var parameters = Initialization.kaiming.parameters(for: architecture, seed: 11)
    for (index, description) in architecture.parameters.enumerated() {
      let range: ClosedRange<Double>? =
        switch description.role {
        case .weight, .fixedWeight, .fixedScale: nil
        case .bias, .mean: -0.5...0.5
        case .scale, .variance: 0.5...2
        case .counter: 7...7
        }
      guard let range else { continue }
      parameters[index].values = (0..<description.count).map { _ in
        Float(range.lowerBound + random.uniform() * (range.upperBound - range.lowerBound))
      }
    }
    return Model(
      architecture: architecture, parameters: parameters, classes: nil, history: [], training: nil)
  }
}

/// Returns random images of the given shape.
func randomImages(_ shape: ImageShape, count: Int) -> [UInt8] {
  var random = SplitMix64(seed: 5, 8)
  return (0..<count * shape.byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

/// Returns a model's predictions for images: the probabilities of the classes, or their logarithms.
func answers(
  of model: Model, for images: [UInt8], areLogarithmic: Bool, averaging: Averaging = .none
) throws -> RecordBatch {
  let engine = Engine(instructionSet: .best, jobs: 1)
  let classifier = try ImageClassifier(
    [EnsembleMember(model, averaging: averaging)], batchCapacity: 4, engine: engine,
    predictsLogarithms: areLogarithmic)
  var predictions = RecordBatch(
    format: RecordFormat(content: classifier.content, hasLabels: false, hasNames: false))
  predictions.count = images.count / model.architecture.input.byteCount
  classifier.predict(images, count: predictions.count, into: &predictions)
  return predictions
}

/// Returns a stream of the records in `batch`.
func streamBytes(_ batch: RecordBatch) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: batch.format)
  try writer.append(batch)
  try writer.finish(classes: nil, history: [])
  return sink.bytes
}

/// Returns a stream of images without labels.
func imageStream(_ images: [UInt8], _ shape: ImageShape) throws -> [UInt8] {
  var batch = RecordBatch(
    format: RecordFormat(content: .image(shape), hasLabels: false, hasNames: false))
  batch.count = images.count / shape.byteCount
  batch.images = images
  return try streamBytes(batch)
}

/// Compares a model's log-probabilities with stored ones, Floats of shape [images, classes]. The tolerance is 1e-4, and
/// relative for values beyond 1.
func expectSameAnswers(
  _ model: Model, _ images: [UInt8], as path: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let ours = try answers(of: model, for: images, areLogarithmic: true).probabilities
  let theirs = try contents(of: path).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  #expect(ours.count == theirs.count && !ours.isEmpty, sourceLocation: sourceLocation)
  for (our, their) in zip(ours, theirs) {
    #expect(abs(our - their) <= 1e-4 * max(1, abs(their)), sourceLocation: sourceLocation)
  }
}
