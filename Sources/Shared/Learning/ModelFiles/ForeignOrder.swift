// Matches tensors to parameters by order, whatever their names. PyTorch's state_dict has the order in which a
// network's class creates its modules; our parameters have the order of the specification. In a residual, the main
// branch comes before the shortcut, as in torchvision's blocks, whose `downsample` is created last.
//
// Shapes must agree, and so must the last parts of names if both are PyTorch's: a normalisation's weight and running
// variance have the same shape, so shapes alone do not tell them apart.

import ByteIO
import Networks
import TensorStream

/// Tensors to match by order.
struct ForeignOrder {
  /// The tensors without step counts, which older files lack.
  private let tensors: [ParameterDescription]
  private let counters: Set<String>

  init(_ all: [ParameterDescription]) {
    tensors = all.filter { !$0.isNamedAsCounter }
    counters = Set(all.filter(\.isNamedAsCounter).map(\.name))
  }

  /// Returns the network of the specification, if its parameters have the shapes of the tensors, one by one. Throws the
  /// mismatch that is farthest from the beginning otherwise.
  ///
  /// - Complexity: O(n) for n tensors and parameters.
  func match(_ specification: Specification, input: ImageShape) throws(ModelProblem) -> MatchedTensors {
    let classCount = tensors.last?.possibleClassCount ?? 10
    var farthest: ModelProblem.OrderMismatch?
    for reading in specification.readings(classCount: classCount) {
      let architecture = try reading.wantedArchitecture(input: input, classCount: classCount)
      guard let mismatch = mismatch(with: architecture) else { return matched(architecture) }
      if mismatch.position >= farthest?.position ?? 0 { farthest = mismatch }
    }
    guard let farthest else { preconditionFailure("there is a reading at least") }
    throw .orderMismatch(farthest)
  }

  private func wanted(_ architecture: Architecture) -> [ParameterDescription] {
    architecture.parameters.filter { $0.role != .counter }
  }

  /// Returns the first position where tensor and parameter do not match; `nil` if all do.
  private func mismatch(with architecture: Architecture) -> ModelProblem.OrderMismatch? {
    let ours = wanted(architecture)
    for position in 0..<max(ours.count, tensors.count) {
      let (our, their) = (ours.element(at: position), tensors.element(at: position))
      if let our, let their, our.shape == their.shape, Self.mayBeSame(our.name, their.name) { continue }
      return ModelProblem.OrderMismatch(position: position + 1, expected: our, found: their)
    }
    return nil
  }

  /// Whether the last parts of two names are equal, or the second one is not a word of PyTorch's.
  private static func mayBeSame(_ ours: String, _ theirs: String) -> Bool {
    let kinds: Set = ["weight", "bias", "running_mean", "running_var"]
    let kind = lastPart(theirs)
    return kind == lastPart(ours) || !kinds.contains(kind)
  }

  private static func lastPart(_ name: String) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false).last.map(String.init) ?? name
  }

  private func matched(_ architecture: Architecture) -> MatchedTensors {
    let pairs = zip(wanted(architecture), tensors).map { (ours: $0.name, theirs: $1.name, shape: $0.shape) }
    var names = Dictionary(uniqueKeysWithValues: pairs.map { ($0.ours, $0.theirs) })
    // A step count belongs to the running mean with the same prefix.
    for counter in architecture.parameters where counter.role == .counter {
      let mean = counter.name.replacing("num_batches_tracked", with: "running_mean")
      let theirs = names[mean]?.replacing("running_mean", with: "num_batches_tracked")
      if let theirs, counters.contains(theirs) { names[counter.name] = theirs }
    }
    let table = Self.table(
      [("ours", "theirs", "shape")] + pairs.map { ($0.ours, shortName($0.theirs), text($0.shape)) })
    return MatchedTensors(
      architecture: architecture, names: names, notes: ["tensors are matched by order\n\(table)"])
  }

  private static func table(_ rows: [(ours: String, theirs: String, shape: String)]) -> String {
    let ours = rows.map { displayedWidth($0.ours) }.max() ?? 0
    let theirs = rows.map { displayedWidth($0.theirs) }.max() ?? 0
    return rows.map { "  \(padded($0.ours, to: ours))  \(padded($0.theirs, to: theirs))  \($0.shape)" }
      .joined(separator: "\n")
  }
}

extension Array {
  fileprivate func element(at index: Int) -> Element? { index < count ? self[index] : nil }
}
