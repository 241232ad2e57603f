// The steps with bfloat16 products, and the memory of their operands.

import Compute
import KernelInterface
import Networks

extension Planner {
  mutating func bfloat16Convolution(
    _ piece: Piece, _ convolution: Convolution, _ slices: ParameterSlices
  ) -> BFloat16ConvolutionStep {
    let plan = plan(piece, convolution, slices)
    let sizes = BFloat16Convolution(plan.shape)
    let name = slices.name
    return BFloat16ConvolutionStep(
      plan: plan, convolution: sizes,
      rounded: arrays.add("\(name) input, rounded", .bfloats(sizes.roundedCount), .worker),
      weights: arrays.add("\(name) weights in pairs", .bfloats(sizes.pairCount), .one),
      gradient: forTraining ? gradient(plan, sizes) : nil)
  }

  private mutating func gradient(
    _ plan: ConvolutionPlan, _ sizes: BFloat16Convolution
  ) -> BFloat16ConvolutionStep.Gradient {
    let name = plan.slices.name
    return BFloat16ConvolutionStep.Gradient(
      rounded: arrays.add("\(name) gradient, rounded", .bfloats(sizes.gradientCount), .worker),
      transposed: arrays.add("\(name) input, transposed", .bfloats(sizes.transposedCount), .worker),
      pairs: arrays.add("\(name) gradient in pairs", .bfloats(sizes.gradientPairCount), .worker),
      flipped: plan.derived == nil
        ? nil : arrays.add("\(name) flipped weights in pairs", .bfloats(sizes.flippedPairCount), .one))
  }

  mutating func bfloat16Dense(_ dense: DenseStep) -> BFloat16DenseStep {
    let (shape, name) = (dense.shape, dense.name)
    return BFloat16DenseStep(
      dense: dense,
      rounded: arrays.add("\(name) input, rounded", .rounded(columns: shape.roundedInputs), .one),
      weights: arrays.add("\(name) weights in pairs", .bfloats(shape.pairCount), .one),
      gradient: forTraining
        ? BFloat16DenseStep.Gradient(
          rounded: arrays.add("\(name) gradient, rounded", .rounded(columns: shape.roundedOutputs), .one),
          transposedInput: arrays.add("\(name) input, transposed", .transposed(shape), .one),
          pairs: arrays.add("\(name) gradient in pairs", .paired(columns: shape.outputs), .one),
          transposedWeights: arrays.add(
            "\(name) weights, transposed", .floats(shape.transposedWeightCount), .worker),
          transposedPairs: arrays.add(
            "\(name) weights, transposed, in pairs", .bfloats(shape.transposedPairCount), .worker)) : nil)
  }
}
