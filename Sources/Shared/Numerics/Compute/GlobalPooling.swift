// Pooling of one image's whole map to one value for each channel, the mean or the maximum.

import KernelInterface

extension Engine {
  /// output [channels] ← the mean of all pixels.
  public func globalAverage(_ map: FeatureMap, output: Floats) {
    checkLane(map.channels)
    kernels.globalAverageForward(
      map.checked("map to pool"), output: output.checked(map.channels, "pooled values"))
  }

  /// inputGradient ← (or, if `accumulates`, +=) each pixel's share of the output's gradient [channels].
  public func globalAverageGradient(
    outputGradient: Floats, inputGradient: FeatureMap, accumulates: Bool = false
  ) {
    checkLane(inputGradient.channels)
    kernels.globalAverageBackward(
      outputGradient: outputGradient.checked(inputGradient.channels, "gradient of pooled values"),
      map: inputGradient.checked("gradient of a pooled map"), accumulates: accumulates)
  }

  /// output [channels] ← the largest value of all pixels; places [channels] ← y · width + x of the first such pixel.
  public func globalMaximum(
    _ map: FeatureMap, output: Floats, places: UnsafeMutableBufferPointer<UInt32>?
  ) {
    checkLane(map.channels)
    precondition(map.height * map.width <= Int(Int32.max), "places do not fit 32 bits")
    if let places { precondition(places.count >= map.channels, "\(places.count) of \(map.channels) places") }
    kernels.globalMaximumForward(
      map.checked("map to pool"), output: output.checked(map.channels, "pooled values"),
      places: places?.baseAddress)
  }

  /// inputGradient ← (or, if `accumulates`, +=) the output's gradient [channels] at the places of the maxima,
  /// and 0 elsewhere.
  public func globalMaximumGradient(
    outputGradient: Floats, places: UnsafeBufferPointer<UInt32>, inputGradient: FeatureMap,
    accumulates: Bool = false
  ) {
    let pixelCount = inputGradient.height * inputGradient.width
    checkLane(inputGradient.channels)
    precondition(
      places.count >= inputGradient.channels, "\(places.count) of \(inputGradient.channels) places")
    precondition(
      places.prefix(inputGradient.channels).allSatisfy { Int($0) < pixelCount }, "a place beyond the map")
    kernels.globalMaximumBackward(
      outputGradient: outputGradient.checked(inputGradient.channels, "gradient of pooled values"),
      places: places.baseAddress!, map: inputGradient.checked("gradient of a pooled map"),
      accumulates: accumulates)
  }
}
