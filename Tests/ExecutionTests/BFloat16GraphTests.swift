// Networks of precision bfloat16 against the naive network that rounds the same operands, forward and backward.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import RandomNumbers
import TensorStream
import Testing

@testable import Execution

@Suite struct BFloat16GraphTests {
  /// A network, and the numbers of its convolutions and dense layers that round their operands.
  struct Specimen: Sendable, CustomTestStringConvertible {
    let network: GradientCase
    let convolutions: Int
    let denseLayers: Int

    init(
      _ specification: String, _ height: Int = 4, _ width: Int = 5, channels: Int = 1, batch: Int = 2,
      convolutions: Int, denseLayers: Int = 1
    ) {
      network = GradientCase(
        specification: specification, input: ImageShape(height: height, width: width, channels: channels),
        batch: batch)
      self.convolutions = convolutions
      self.denseLayers = denseLayers
    }

    var testDescription: String { network.description }
  }

  /// `denseLayers` counts the output layer, which specifications do not name.
  static let specimens = [
    Specimen("linear:20 relu linear:17", convolutions: 0, denseLayers: 3),
    // A convolution of the image does not round, nor does one that reads 16 channels.
    Specimen("conv:16,kernel=1 relu conv:5", convolutions: 0),
    Specimen("conv:17,kernel=1 relu conv:5", convolutions: 1),
    Specimen("conv:17,kernel=1 relu conv:18 relu conv:3,kernel=1", convolutions: 2),
    Specimen(
      "conv:18,kernel=1 relu conv:4,kernel=2x3,dilation=2,padding=2x4 linear:6", convolutions: 1,
      denseLayers: 2),
    Specimen("conv:17 relu conv:4,stride=2 gelu linear:5", 5, 6, convolutions: 1, denseLayers: 2),
    Specimen("conv:18 relu conv:4,kernel=2,stride=2,padding=1 silu conv:3", convolutions: 1),
    Specimen("conv:17 relu pool conv:4 relu pool", 6, 6, convolutions: 1),
    Specimen("conv:17 pool relu conv:4 pool:average", 6, 6, convolutions: 1),
    Specimen("conv:17,kernel=1 relu conv:19 pool:global", convolutions: 1),
    Specimen(
      "conv:18,kernel=1 residual( conv:18 relu conv:18,kernel=1 ) relu pool:average,global", 3, 3,
      convolutions: 2),
    Specimen("conv:17,kernel=1 residual( conv:4,stride=2 | conv:4,kernel=1,stride=2 ) relu", convolutions: 2),
    // Two convolutions read the same map. The second adds to its gradient.
    Specimen("conv:17 relu concat( conv:2 | conv:3,kernel=1 | ) conv:2,kernel=1", 3, 4, convolutions: 3),
    Specimen("conv:10,kernel=1 concat( | conv:9 ) relu conv:3", convolutions: 1),
    Specimen("conv:18,kernel=1,bias=no norm relu conv:4,bias=no norm", batch: 4, convolutions: 1),
    Specimen("conv:18,kernel=1 layernorm,epsilon=0.1 gelu conv:4 layernorm,epsilon=0.1", convolutions: 1),
    Specimen("linear:18 norm relu linear:4,bias=no norm,scale=no", batch: 4, convolutions: 0, denseLayers: 3),
    Specimen(
      "conv:17 dropout:0.3 relu conv:5 dropout:0.2 linear:6 relu dropout:0.3", convolutions: 1, denseLayers: 2
    ),
    // Grouped convolutions, including depthwise ones, do not round.
    Specimen("conv:18,kernel=1 conv:18,groups=18 relu conv:4,kernel=1", convolutions: 1),
    Specimen("conv:18,kernel=1 relu conv:4,groups=2 relu", convolutions: 0),
    Specimen("conv:17,kernel=1 relu conv:4", 3, 4, channels: 3, convolutions: 1),
    // More images than chunks, and more than a block of a weight gradient.
    Specimen("conv:17,kernel=1 relu conv:3,kernel=2", 2, 3, batch: 19, convolutions: 1),
    Specimen("conv:17,kernel=1 relu conv:3", 1, 1, batch: 35, convolutions: 1),
  ]

  @Test(arguments: specimens)
  func gradientsMatchTheNaiveNetworkWithRoundedOperands(_ specimen: Specimen) throws {
    let problem = try GradientProblem(specimen.network, precision: .bfloat16)
    let plan = problem.makeNetwork(.baseline).plan
    #expect(plan.imageSteps.count { $0 is BFloat16ConvolutionStep } == specimen.convolutions)
    #expect(plan.batchSteps.count { $0 is BFloat16DenseStep } == specimen.denseLayers)
    problem.expectGradientsToMatchTheNaiveNetwork()
    // With a software model of tiles. Kernels of avx512bf16 use the processor's.
    problem.expectGradientsToMatchTheNaiveNetwork(
      with: InstructionSet.supported.filter { $0 != .avx512bf16 }, usesTiles: true)
  }

  /// The comparison sees the rounding: the gradients of a naive network that rounds nothing are far outside the bounds.
  @Test(arguments: [specimens[0], specimens[3], specimens[11]])
  func gradientsWithoutRoundingAreFarOutsideTheBounds(_ specimen: Specimen) throws {
    let problem = try GradientProblem(specimen.network, precision: .bfloat16)
    let bounds = problem.gradientBounds()
    var exact = problem.naive
    exact.roundsOperands = false
    let slopes = problem.logitGradient(problem.pass.logits)
    let (rounded, other) = (
      problem.learned(problem.naive.backward(slopes, problem.pass).values),
      problem.learned(exact.backward(slopes, problem.pass).values)
    )
    let judged = bounds.indices.filter { rounded[$0].count > 20 }
    #expect(!judged.isEmpty)
    for parameter in judged {
      let pairs = zip(rounded[parameter], other[parameter])
      let ratio = zip(pairs, bounds[parameter]).map { abs($0.0 - $0.1) / $1 }.largestError
      #expect(ratio >= 100, "parameter \(parameter): \(ratio)")
    }
  }

  /// A network for prediction folds normalisations into weights before it rounds these.
  @Test(arguments: InstructionSet.supported) func foldedWeightsAreRounded(_ instructionSet: InstructionSet)
    throws
  {
    let input = ImageShape(height: 4, width: 5, channels: 1)
    let (folded, plain) = ("conv:18,kernel=1 relu conv:9 norm relu", "conv:18,kernel=1 relu conv:9 relu")
    var random = SplitMix64(seed: 4)
    let architecture = try Architecture(specification: folded, input: input, classCount: 3)
    let parameters = architecture.randomParameters(&random)
    let images = (0..<6 * 20).map { _ in UInt8(random.next(below: 256)) }
    let network = Network(
      architecture, batchCapacity: 6, forTraining: false,
      engine: Engine(instructionSet: instructionSet, jobs: 2), precision: .bfloat16)
    network.importParameters(parameters)
    let logits = images.withUnsafeBufferPointer { network.logits(ImageBatch(bytes: $0, count: 6)) }

    var naive = NaiveNetwork<Double>(
      try Architecture(specification: plain, input: input, classCount: 3),
      parameters: foldNormalization(parameters, epsilon: 1e-5))
    let pixels = images.map { Double($0) / 255 }
    let exact = naive.forward(pixels, batch: 6).logits
    naive.roundsOperands = true
    let rounded = naive.forward(pixels, batch: 6).logits
    // A value near a tie may round to the other side. One of hundreds has far less effect than the rounding of all.
    let distance = { (one: [Double]) in
      zip(one, rounded).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    }
    #expect(distance(logits.map(Double.init)) <= distance(exact) / 8)
    #expect(distance(exact) > 1e-4)
  }

  /// Folds the normalisation's scale, bias, mean and variance into the weights and the bias of the second convolution,
  /// which precedes it.
  private func foldNormalization(_ parameters: [Parameter], epsilon: Double) -> [Parameter] {
    let values = parameters.map { $0.values.map(Double.init) }
    let factors = zip(values[4], values[7]).map { $0 / ($1 + epsilon).squareRoot() }
    let count = values[2].count / factors.count
    let weights = values[2].enumerated().map { Float($1 * factors[$0 / count]) }
    let bias = factors.indices.map { Float(factors[$0] * (values[3][$0] - values[6][$0]) + values[5][$0]) }
    let changed = [
      Parameter(name: parameters[2].name, shape: parameters[2].shape, values: weights),
      Parameter(name: parameters[3].name, shape: parameters[3].shape, values: bias),
    ]
    return parameters[..<2] + changed + parameters[9...]
  }
}
