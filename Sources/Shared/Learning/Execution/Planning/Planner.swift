// Turns outlines into steps: first layouts, then the writers of each gradient, then arrays, and finally the steps,
// which PlannedSteps.swift makes.

import Compute
import KernelInterface
import Networks

struct Planner {
  let architecture: Architecture
  let outlines: [Outline]
  let segments: [SegmentOutline]
  let forTraining: Bool
  let engine: Engine
  private(set) var values: [ValuePlan] = []
  private(set) var steps: [Segment] = []
  var arrays = ArrayList()
  var parameters = ParameterAllocation()
  var derivedCount = 0
  var transformedCount = 0
  /// For each node, a function that returns the places of its parameters.
  var placesByNode: [Int: @Sendable (Int) -> [ParameterPlaces]] = [:]
  /// For each outline that is a normalisation or has one folded into it, its parameters and the data that its halves
  /// share.
  var normalizations: [Int: NormalizationPlan] = [:]
  /// The start of each convolution and dense layer, in the order of the network.
  private(set) var layerStarts: [LayerStart] = []
  private let readers: ReaderTable

  init(_ architecture: Architecture, _ outlines: [Outline], forTraining: Bool, engine: Engine) {
    self.architecture = architecture
    self.outlines = outlines
    self.forTraining = forTraining
    self.engine = engine
    segments = outlines.segments(forTraining: forTraining)
    readers = ReaderTable(outlines, segments, forTraining: forTraining)
  }

  mutating func run() {
    for value in outlines.indices { values.append(plan(value)) }
    // Parameters are in the order of the nodes, whatever the order of the steps.
    var slices: [Int: ParameterSlices] = [:]
    for (index, outline) in outlines.enumerated() {
      if architecture.nodes[outline.node].operation.isWeightLayer {
        layerStarts.append(LayerStart(value: index, parameters: parameters.parameterCount))
      }
      slices[index] = self.slices(index, outline)
      planNormalization(index, outline)
    }
    for segment in segments {
      if segment.isBatchwide {
        steps.append(batchwide(segment.pieces[0].outline, slices))
      } else {
        steps.append(.images(segment.pieces.map { imageStep($0, slices) }))
      }
    }
  }

  // MARK: - Values

  private mutating func plan(_ value: ValueID) -> ValuePlan {
    let outline = outlines[value]
    let layout = layout(outline, value)
    let name = architecture.nodes[outline.node].name
    let array = arrays.add(
      "\(name) output", .floats(layout.imageStride), readers.isKept(value, outlines) ? .image : .worker)
    return ValuePlan(
      id: value, name: name, layout: layout, array: array, gradient: gradient(value, name, layout),
      rectifies: outline.rectifies, dropouts: outline.dropouts,
      isRecomputed: readers.isRecomputed(value, outlines))
  }

  private mutating func gradient(_ value: ValueID, _ name: String, _ layout: FeatureLayout) -> ArrayID? {
    guard forTraining, readers.needsGradient[value] else { return nil }
    let use = readers.gradientUse(value, outlines)
    return arrays.add(
      "\(name) gradient", .floats(layout.imageStride), use.isKept ? .image : .worker,
      lifetime: use.isKept ? use.segments : nil)
  }

  private func layout(_ outline: Outline, _ value: ValueID) -> FeatureLayout {
    let readers = outlines.indices.filter { outlines[$0].inputs.contains(value) }
    let margin = readers.map { outlines[$0].wantedMargin }.max() ?? 0
    guard case .image = outline.core, case .map(let height, let width, let channels) = outline.output else {
      return FeatureLayout(outline.output, margin: margin)
    }
    // The channels of the image itself are padded only if a reader needs that: one would become sixteen.
    let isBare = readers.allSatisfy { outlines[$0].readsBareImage }
    return FeatureLayout(
      height: height, width: width, channels: channels,
      channelStride: isBare ? channels : paddedToLane(channels), margin: margin,
      hasPixelBlocks: !readers.isEmpty && readers.allSatisfy { outlines[$0].isDense })
  }

  func backwardSegment(of outline: Int) -> ClosedRange<Int> { readers.backwardSegment(of: outline) }

  /// Returns an input of a piece, with the piece's share of its gradient.
  func input(_ index: Int, of piece: Piece) -> Input {
    let value = values[outlines[piece.outline].inputs[index]]
    return Input(value: value, share: readers.share(of: piece, input: index, in: value, outlines))
  }

  mutating func derived(_ count: Int) -> Range<Int> {
    derivedCount += count
    return derivedCount - count..<derivedCount
  }

  mutating func transformed(_ count: Int) -> Range<Int> {
    transformedCount += count
    return transformedCount - count..<transformedCount
  }
}

extension Outline {
  /// The margin that it needs around its input.
  fileprivate var wantedMargin: Int {
    switch core {
    case .convolution(let convolution): max(convolution.padding.height, convolution.padding.width)
    case .averagePool(let pooling): pooling.padding
    default: 0
    }
  }

  fileprivate var isDense: Bool { if case .linear = core { true } else { false } }

  /// Whether it can read images whose channels are not padded.
  fileprivate var readsBareImage: Bool {
    switch core {
    case .convolution(let convolution): convolution.groups == 1
    case .linear: true
    default: false
    }
  }
}
