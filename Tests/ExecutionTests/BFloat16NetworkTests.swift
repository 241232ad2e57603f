// A network of precision bfloat16 has the parameters of one of float32, and its gradients to within a few per mille.
// Its results depend neither on the number of threads nor on the other images of a batch.

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

  /// The gradient of every parameter for the batch. All images have the same class. Images of noise are much alike, so
  /// with different classes their gradients would cancel, and rounding errors would outweigh the rest.
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

  /// The relative error of an operand is at most 2⁻⁹, and that of a term of a gradient, which has two operands, 2⁻⁸.
  /// Most errors are smaller, and they partly cancel.
  @Test(arguments: specifications) func gradientsAreThoseOfFloat32UpToRounding(_ specification: String) throws
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
    // Kernels of avx512bf16 use the processor's tiles, if it has any.
    for usesTiles in instructionSet == .avx512bf16 ? [false] : [false, true] {
      let one = bits(try gradients(network(specification, .bfloat16, instructionSet, usesTiles: usesTiles)))
      for jobs in [2, 8] {
        let several = try network(specification, .bfloat16, instructionSet, jobs: jobs, usesTiles: usesTiles)
        for _ in 0..<2 { #expect(bits(gradients(several)) == one, "\(jobs) threads") }
      }
    }
  }

  /// Each image has the logits that it has alone, and that a network for training gives.
  @Test(arguments: [specifications[0], specifications[2]], InstructionSet.supported)
  func logitsDoNotDependOnTheBatch(_ specification: String, _ instructionSet: InstructionSet) throws {
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

  /// If an instruction set is said to round like another, both give the same bits. Checkpoints rely on this.
  @Test(arguments: specifications, InstructionSet.supported)
  func gradientsAreThoseOfTheInstructionSetThatRoundsAlike(
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

  @Test(arguments: specifications) func parametersDoNotDependOnThePrecision(_ specification: String) throws {
    let (one, other) = (try network(specification, .float32), try network(specification, .bfloat16))
    #expect(one.exportParameters() == other.exportParameters())
    #expect(other.precision == .bfloat16 && one.precision == .float32)
  }
}
