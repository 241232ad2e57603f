// What the checked entry points refuse. Nothing is checked after them: whatever they accept reads and writes memory.
//
// Each refusal ends a separate process.

import Compute
import KernelInterface
import Testing

@Suite struct RefusalTests {
  @Test func valuesThatDoNotFillTheirLastLaneAreRefused() async {
    await #expect(processExitsWith: .failure) {
      engine(.baseline).rectify(lastingFloats(17))
    }
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(24)
      engine(.baseline).momentum(
        Settings(name: "sgd").momentumUpdate, 0..<24, gradient: floats, parameters: floats, velocity: floats)
    }
  }

  @Test func gradientsShorterThanTheirParametersAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let (floats, short) = (lastingFloats(32), lastingFloats(16))
      engine(.baseline).adam(
        Settings(name: "adam").adamUpdate(step: 1), 0..<32, gradient: short, parameters: floats,
        firstMoment: floats,
        secondMoment: floats)
    }
  }

  @Test func rowsThatOverlapOrEndTooSoonAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(256)
      engine(.baseline).denseForward(
        DenseShape(inputs: 16, outputs: 16), batch: 2, input: Rows(floats, stride: 15), weights: floats,
        bias: floats, output: Rows(lastingFloats(32), stride: 16), rectifies: false)
    }
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(256)
      engine(.baseline).denseForward(
        DenseShape(inputs: 16, outputs: 16), batch: 2, input: Rows(floats, stride: 16), weights: floats,
        bias: floats, output: Rows(lastingFloats(31), stride: 16), rectifies: false)
    }
  }

  @Test func aKernelLargerThanItsPaddedMapIsRefused() async {
    await #expect(processExitsWith: .failure) {
      // (1 − 3) / 3 + 1 would be one output pixel, since division rounds towards zero.
      _ = ConvolutionShape(
        inputHeight: 1, inputWidth: 1, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 3,
        padding: 0)
    }
  }

  @Test func anOutputGradientInAnotherLayoutIsRefused() async {
    await #expect(processExitsWith: .failure) {
      let shape = ConvolutionShape(
        inputHeight: 4, inputWidth: 4, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 1,
        padding: 1)
      let floats = lastingFloats(1 << 16)
      engine(.baseline).convolutionInputGradient(
        shape, outputGradient: floats, map: GradientMap(shape, forInputGradient: false),
        flippedWeights: floats,
        inputGradient: lastingFloats(256), rowStride: 64)
    }
  }

  @Test func windowsBeyondTheMapAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let window = PoolingWindow(
        size: 2, stride: 2, outWidth: 2, channels: 16, inputRowStride: 48, inputPixelStride: 16,
        outputRowStride: 32)
      engine(.baseline).pool(
        window, rowCount: 1, input: lastingFloats(48 + 3 * 16),
        output: lastingFloats(32),
        places: nil)
    }
  }

  @Test func aPooledGradientThatDoesNotFitIsRefused() async {
    await #expect(processExitsWith: .failure) { PooledGradientCall(missingGradient: 1).run() }
    await #expect(processExitsWith: .failure) { PooledGradientCall(missingPlaces: 1).run() }
    await #expect(processExitsWith: .failure) { PooledGradientCall(missingInput: 1).run() }
    await #expect(processExitsWith: .failure) { PooledGradientCall(missingWeights: 1).run() }
    await #expect(processExitsWith: .failure) { PooledGradientCall(missingBias: 1).run() }
    await #expect(processExitsWith: .failure) { PooledGradientCall(rowGap: -1).run() }
    // More windows than the output has.
    await #expect(processExitsWith: .failure) { PooledGradientCall(moreRows: 1).run() }
    await #expect(processExitsWith: .failure) { PooledGradientCall(moreColumns: 1).run() }
    // After other layers, gradients are listed. The kernel has no windows of other sizes.
    await #expect(processExitsWith: .failure) { PooledGradientCall(inputChannels: 16).run() }
    await #expect(processExitsWith: .failure) { PooledGradientCall(poolSize: 3).run() }
  }

  @Test func tooLittleScratchMemoryForDenseGradientsIsRefused() async {
    await #expect(processExitsWith: .failure) { denseInputGradient(missingScratch: 1) }
  }

  @Test func labelsBeyondTheClassesAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let batch = BatchOfLogits([0, 0], batch: 1, classCount: 2, labels: [2])
      _ = batch.crossEntropy(engine(.baseline), smoothing: 0, gradient: nil)
    }
  }

  /// The processes above end for the reason given, since valid calls succeed in the same kind of process.
  @Test func validCallsAreNotRefused() async {
    await #expect(processExitsWith: .success) {
      let batch = BatchOfLogits([0, 0], batch: 1, classCount: 2, labels: [1])
      _ = batch.crossEntropy(engine(.baseline), smoothing: 0, gradient: nil)
      engine(.baseline).rectify(batch.logits.floats)
      _ = ConvolutionShape(
        inputHeight: 1, inputWidth: 1, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 3,
        padding: 1)
      PooledGradientCall().run()
      denseInputGradient()
    }
  }
}

/// A first convolution's weight gradient, in memory that is short by the `missing…` counts.
private struct PooledGradientCall {
  var inputChannels = 3
  var poolSize = 2
  var moreRows = 0
  var moreColumns = 0
  var rowGap = 16
  var missingGradient = 0
  var missingPlaces = 0
  var missingInput = 0
  var missingWeights = 0
  var missingBias = 0

  func run() {
    let shape = ConvolutionShape(
      inputHeight: 7, inputWidth: 9, inputChannels: inputChannels, outputChannels: 32, kernelSize: 3,
      stride: 1, padding: 1)
    let (height, width) = (3 + moreRows, 4 + moreColumns)
    let rowStride = width * 32 + rowGap
    let places = GuardedBytes([UInt8](repeating: 0, count: height * width * 32 - missingPlaces))
    let gradient = FloatBuffer(count: (height - 1) * rowStride + width * 32 - missingGradient)
    let input = FloatBuffer(count: shape.inputCount - missingInput)
    let weightGradient = FloatBuffer(count: shape.weightCount - missingWeights)
    let biasGradient = FloatBuffer(count: 32 - missingBias)
    engine(.baseline).addPooledWeightGradient(
      shape,
      pooled: PooledGradient(
        gradient: gradient.floats, places: places.bytes, height: height, width: width, rowStride: rowStride,
        poolSize: poolSize, poolStride: 2),
      input: input.floats, weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)
    // A buffer that is not used again may be freed before the call.
    withExtendedLifetime((places, gradient, input, weightGradient, biasGradient)) {}
  }
}

/// The input gradient of a dense layer, with scratch memory that is short by `missingScratch` floats.
private func denseInputGradient(missingScratch: Int = 0) {
  let engine = engine(.baseline)
  let shape = DenseShape(inputs: 48, outputs: 32)
  let (gradient, inputGradient) = (FloatBuffer(count: 5 * 32), FloatBuffer(count: 5 * 48))
  let weights = FloatBuffer(count: shape.weightCount)
  let scratch = FloatBuffer(count: engine.inputGradientScratchCount(shape) - missingScratch)
  engine.denseInputGradient(
    shape, batch: 5, outputGradient: Rows(gradient.floats, stride: 32), weights: weights.floats,
    scratch: scratch.floats, inputGradient: Rows(inputGradient.floats, stride: 48))
  withExtendedLifetime((gradient, inputGradient, weights, scratch)) {}
}
