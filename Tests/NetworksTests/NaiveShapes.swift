// The shapes of a network, computed naively: windows are placed and counted one by one. Written independently of the
// code that it checks.

import Networks

/// The output shapes of a tree's nodes, in the order of the nodes. `init` returns `nil` if something does not fit.
struct NaiveShapes {
  private(set) var shapes: [FeatureShape]
  /// The shapes of the parameters, in the same order.
  private(set) var parameterShapes: [[Int]] = []

  init?(_ tree: Specification, height: Int, width: Int, channels: Int, classCount: Int) {
    shapes = [.map(height: height, width: width, channels: channels)]
    guard let last = follow(tree.elements, from: shapes[0]) else { return nil }
    parameterShapes.append([classCount, last.count])
    if tree.output?.hasBias ?? true { parameterShapes.append([classCount]) }
    shapes.append(.vector(classCount))
  }

  private mutating func follow(
    _ elements: [Specification.Element], from input: FeatureShape
  ) -> FeatureShape? {
    var shape = input
    for element in elements {
      switch element {
      case .repetition(let count, let body):
        for _ in 0..<count {
          guard let next = follow(body, from: shape) else { return nil }
          shape = next
        }
        continue
      case .layer(let operation):
        guard let next = apply(operation, to: shape) else { return nil }
        shape = next
      case .residual(let main, let shortcut):
        guard let one = follow(main, from: shape), let other = follow(shortcut, from: shape), one == other
        else { return nil }
        shape = one
      case .concatenation(let branches):
        var results: [FeatureShape] = []
        for branch in branches {
          guard let result = follow(branch, from: shape) else { return nil }
          results.append(result)
        }
        guard let joined = join(results) else { return nil }
        shape = joined
      }
      shapes.append(shape)
    }
    return shape
  }

  private func join(_ shapes: [FeatureShape]) -> FeatureShape? {
    var sizes: [[Int]] = []
    var total = 0
    for shape in shapes {
      switch shape {
      case .map(let height, let width, let channels):
        (sizes, total) = (sizes + [[height, width]], total + channels)
      case .vector(let count): (sizes, total) = (sizes + [[]], total + count)
      }
    }
    guard Set(sizes).count == 1 else { return nil }
    return sizes[0].isEmpty ? .vector(total) : .map(height: sizes[0][0], width: sizes[0][1], channels: total)
  }

  private mutating func apply(_ operation: Operation, to input: FeatureShape) -> FeatureShape? {
    switch (operation, input) {
    case (.linear(let linear), _):
      parameterShapes.append([linear.outputs, input.count])
      if linear.hasBias { parameterShapes.append([linear.outputs]) }
      return .vector(linear.outputs)
    case (.normalization, .map(_, _, let channels)), (.normalization, .vector(let channels)):
      parameterShapes += [[channels], [channels], [channels], [channels], []]
      return input
    case (.layerNormalization, .map(_, _, let channels)), (.layerNormalization, .vector(let channels)):
      parameterShapes += [[channels], [channels]]
      return input
    case (.convolution(let convolution), .map(let height, let width, let channels)):
      return apply(convolution, height, width, channels)
    case (.pool(let pooling), .map(let height, let width, let channels)):
      guard 2 * pooling.padding <= pooling.size else { return nil }
      let rows = windows(height, taps: pooling.size, apart: 1, pooling.stride, pooling.padding)
      let columns = windows(width, taps: pooling.size, apart: 1, pooling.stride, pooling.padding)
      return rows > 0 && columns > 0 ? .map(height: rows, width: columns, channels: channels) : nil
    case (.globalPool, .map(_, _, let channels)): return .vector(channels)
    case (.convolution, .vector), (.pool, .vector), (.globalPool, .vector): return nil
    default: return input
    }
  }

  private mutating func apply(
    _ convolution: Convolution, _ height: Int, _ width: Int, _ channels: Int
  ) -> FeatureShape? {
    let (kernel, padding, dilation) = (convolution.kernel, convolution.padding, convolution.dilation)
    guard channels % convolution.groups == 0, convolution.channels % convolution.groups == 0,
      // More padding would contain whole windows.
      padding.height <= dilation * (kernel.height - 1), padding.width <= dilation * (kernel.width - 1)
    else { return nil }
    let rows = windows(height, taps: kernel.height, apart: dilation, convolution.stride, padding.height)
    let columns = windows(width, taps: kernel.width, apart: dilation, convolution.stride, padding.width)
    guard rows > 0, columns > 0 else { return nil }
    parameterShapes.append(
      [convolution.channels, channels / convolution.groups, kernel.height, kernel.width])
    if convolution.hasBias { parameterShapes.append([convolution.channels]) }
    return .map(height: rows, width: columns, channels: convolution.channels)
  }

  /// The number of windows that fit, placed one after another from the first pixel of the padding.
  private func windows(_ length: Int, taps: Int, apart dilation: Int, _ stride: Int, _ padding: Int) -> Int {
    var count = 0
    var first = -padding
    while first + (taps - 1) * dilation < length + padding {
      count += 1
      first += stride
    }
    return count
  }
}
