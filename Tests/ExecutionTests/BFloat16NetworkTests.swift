// What a network of precision bfloat16 shares with one of float32: gradients up to a few per mille, its parameters and their
// names; and that its results depend neither on threads nor on what else is in a batch.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import RandomNumbers
import TensorStream
import Testing

@testable import Execution

@Suite struct BFloat16NetworkTests {
  private static let specifications = [
    "conv:24 relu conv:40 relu pool conv:33,stride=2 relu linear:50 relu",
    "conv:20,bias=no norm relu residual( conv:20 norm relu conv:20 norm ) relu concat( | conv:12 gelu )"
      + " conv:32,kernel=1 pool:average,global",
    "linear:90 relu dropout:0.2 linear:70 relu",
  ]
  private static let input = ImageShape(height: 9, width: 8, channels: 1)
  private static let batch = 21

  private func network(
    _ specification: String, _ precision: Precision, _ instructionSet: InstructionSet = .best, jobs: Int = 1,
    usesTiles: Bool? = nil, forTraining: Bool = true
  ) throws -> Network {
    let architecture = try Architecture(specification: specification, input: Self.input, classCount: 5)
    let network = Network(
      architecture, batchCapacity: Self.batch, forTraining: forTraining,
      engine: Engine(instructionSet: instructionSet, jobs: jobs, usesTiles: usesTiles), precision: precision)
    network.importParameters(Initialization.kaiming.parameters(for: architecture, seed: 3))
    return network
  }

  private static let images: [UInt8] = {
    var random = SplitMix64(seed: 8)
    return (0..<batch * input.byteCount).map { _ in UInt8(random.next(below: 256)) }
  }()

  /// The gradient of every parameter for the batch. All images are of one class: images of noise are much alike, and with
  /// classes by turns their gradients would cancel, and leave of the rounding more than of themselves.
  private func gradients(_ network: Network) -> [Parameter] {
    let labels = [UInt8](repeating: 2, count: Self.batch)
    Self.images.withUnsafeBufferPointer { images in
      labels.withUnsafeBufferPointer { labels in
        _ = network.computeGradient(
          ImageBatch(bytes: images, count: Self.batch), labels: labels, smoothing: 0,
          dropout: DropoutKey(seed: 2, step: 1))
      }
    }
    return network.export(network.trainingMemory.gradient)
  }

  private func bits(_ parameters: [Parameter]) -> [UInt32] {
    parameters.flatMap { $0.values.map(\.bitPattern) }
  }

  /// An operand is off by at most 2⁻⁹ of itself, a term of a gradient, of two operands, by 2⁻⁸; most terms are off by less,
  /// and their errors cancel in part.
  @Test(arguments: specifications) func gradientsAreThoseOfFloatsUpToRounding(_ specification: String) throws
  {
    func all(_ precision: Precision) throws -> [Double] {
      try gradients(network(specification, precision)).flatMap(\.values).map(Double.init)
    }
    func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let (exact, rounded) = (try all(.float32), try all(.bfloat16))
    let difference = norm(zip(exact, rounded).map { $0 - $1 }) / norm(exact)
    #expect(difference <= 0.01)
    #expect(difference >= 0.0002, "operands are not rounded")
  }

  @Test(arguments: specifications, InstructionSet.supported)
  func gradientsDoNotDependOnThreads(_ specification: String, _ instructionSet: InstructionSet) throws {
    // Kernels of avx512bf16 have the processor's tiles, where it has some.
    for usesTiles in instructionSet == .avx512bf16 ? [false] : [false, true] {
      let one = bits(try gradients(network(specification, .bfloat16, instructionSet, usesTiles: usesTiles)))
      for jobs in [2, 8] {
        let several = try network(specification, .bfloat16, instructionSet, jobs: jobs, usesTiles: usesTiles)
        for _ in 0..<2 { #expect(bits(gradients(several)) == one, "\(jobs) threads") }
      }
    }
  }

  /// Images have the answers that they have alone, and that networks for training give.
  @Test(arguments: [specifications[0], specifications[2]], InstructionSet.supported)
  func answersDoNotDependOnTheBatch(_ specification: String, _ instructionSet: InstructionSet) throws {
    func logits(_ network: Network, _ range: Range<Int>) -> [UInt32] {
      let length = Self.input.byteCount
      return Self.images[range.lowerBound * length..<range.upperBound * length].withUnsafeBufferPointer {
        network.logits(ImageBatch(bytes: $0, count: range.count)).map(\.bitPattern)
      }
    }
    let predicting = try network(specification, .bfloat16, instructionSet, forTraining: false)
    let all = logits(predicting, 0..<Self.batch)
    #expect((0..<Self.batch).flatMap { logits(predicting, $0..<$0 + 1) } == all)
    #expect(logits(try network(specification, .bfloat16, instructionSet, jobs: 3), 0..<Self.batch) == all)
  }

  /// Bits are those of another instruction set where this is promised, and checkpoints rely on it.
  @Test(arguments: specifications, InstructionSet.supported)
  func gradientsAreThoseOfTheInstructionSetTheyAreLike(
    _ specification: String, _ instructionSet: InstructionSet
  ) throws {
    for precision in Precision.allCases {
      let like = instructionSet.roundingLike(precision)
      try #require(like.isSupported)
      #expect(
        bits(try gradients(network(specification, precision, instructionSet)))
          == bits(try gradients(network(specification, precision, like))), "\(precision): \(like)")
    }
  }

  @Test(arguments: specifications) func parametersAreTheSame(_ specification: String) throws {
    let (one, other) = (try network(specification, .float32), try network(specification, .bfloat16))
    #expect(one.exportParameters() == other.exportParameters())
    #expect(other.precision == .bfloat16 && one.precision == .float32)
  }
}
