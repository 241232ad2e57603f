// What the checked entry points refuse. Behind them nothing is checked: what they let pass reads and writes memory.
//
// Each refusal ends a process of its own.

import Compute
import KernelInterface
import Testing

@Suite struct RefusalTests {
  @Test func valuesThatDoNotFillTheirLastLane() async {
    await #expect(processExitsWith: .failure) {
      engine(.baseline).rectify(FloatBuffer(count: 17).floats)
    }
    await #expect(processExitsWith: .failure) {
      let floats = FloatBuffer(count: 24).floats
      engine(.baseline).momentum(
        Settings(name: "sgd").momentumUpdate, 0..<24, gradient: floats, parameters: floats, velocity: floats)
    }
  }

  @Test func gradientsShorterThanTheirParameters() async {
    await #expect(processExitsWith: .failure) {
      let (floats, short) = (FloatBuffer(count: 32).floats, FloatBuffer(count: 16).floats)
      engine(.baseline).adam(
        Settings(name: "adam").adamUpdate(step: 1), 0..<32, gradient: short, parameters: floats,
        firstMoment: floats,
        secondMoment: floats)
    }
  }

  @Test func rowsThatOverlapOrEndTooSoon() async {
    await #expect(processExitsWith: .failure) {
      let floats = FloatBuffer(count: 256).floats
      engine(.baseline).denseForward(
        DenseShape(inputs: 16, outputs: 16), batch: 2, input: Rows(floats, stride: 15), weights: floats,
        bias: floats, output: Rows(FloatBuffer(count: 32).floats, stride: 16), rectifies: false)
    }
    await #expect(processExitsWith: .failure) {
      let floats = FloatBuffer(count: 256).floats
      engine(.baseline).denseForward(
        DenseShape(inputs: 16, outputs: 16), batch: 2, input: Rows(floats, stride: 16), weights: floats,
        bias: floats, output: Rows(FloatBuffer(count: 31).floats, stride: 16), rectifies: false)
    }
  }

  @Test func aKernelLargerThanItsPaddedMap() async {
    await #expect(processExitsWith: .failure) {
      // (1 − 3) / 3 + 1 would be one output pixel: division rounds towards zero.
      _ = ConvolutionShape(
        inputHeight: 1, inputWidth: 1, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 3,
        padding: 0)
    }
  }

  @Test func anOutputGradientLaidOutForAnotherPurpose() async {
    await #expect(processExitsWith: .failure) {
      let shape = ConvolutionShape(
        inputHeight: 4, inputWidth: 4, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 1,
        padding: 1)
      let floats = FloatBuffer(count: 1 << 16).floats
      engine(.baseline).convolutionInputGradient(
        shape, outputGradient: floats, map: GradientMap(shape, forInputGradient: false),
        flippedWeights: floats,
        inputGradient: FloatBuffer(count: 256).floats, rowStride: 64)
    }
  }

  @Test func windowsBeyondTheMap() async {
    await #expect(processExitsWith: .failure) {
      let window = PoolingWindow(
        size: 2, stride: 2, outWidth: 2, channels: 16, inputRowStride: 48, inputPixelStride: 16,
        outputRowStride: 32)
      engine(.baseline).pool(
        window, rowCount: 1, input: FloatBuffer(count: 48 + 3 * 16).floats,
        output: FloatBuffer(count: 32).floats,
        places: nil)
    }
  }

  @Test func labelsBeyondTheClasses() async {
    await #expect(processExitsWith: .failure) {
      let batch = BatchOfLogits([0, 0], batch: 1, classCount: 2, labels: [2])
      _ = batch.crossEntropy(engine(.baseline), smoothing: 0, gradient: nil)
    }
  }

  /// Shows that the processes above end for the reason given, and not because such a process always fails.
  @Test func nothingElse() async {
    await #expect(processExitsWith: .success) {
      let batch = BatchOfLogits([0, 0], batch: 1, classCount: 2, labels: [1])
      _ = batch.crossEntropy(engine(.baseline), smoothing: 0, gradient: nil)
      engine(.baseline).rectify(batch.logits.floats)
      _ = ConvolutionShape(
        inputHeight: 1, inputWidth: 1, inputChannels: 16, outputChannels: 16, kernelSize: 3, stride: 3,
        padding: 1)
    }
  }
}
