// Pooling of one image's whole map to one value a channel, by mean or maximum.

import KernelInterface

extension Engine {
  /// output [channels] ← the mean of all pixels.
  public func globalAverage(_ map: FeatureMap, output: Floats) {
    checkLane(map.channels)
    kernels.globalAverageForward(
      map.checked("map to pool"), output: output.checked(map.channels, "pooled values"))
  }

  /// The map's gradient ← each pixel's share of the output's gradient [channels], or += that, if it accumulates.
  public func globalAverageGradient(
    outputGradient: Floats, inputGradient: FeatureMap, accumulates: Bool = false
  ) {
    checkLane(inputGradient.channels)
    kernels.globalAverageBackward(
      outputGradient: outputGradient.checked(inputGradient.channels, "gradient of pooled values"),
      map: inputGradient.checked("gradient of a pooled map"), accumulates: accumulates)
  }

  /// output [channels] ← the largest value of all pixels, and places [channels] ← y · width + x of the first such.
  public func globalMaximum(
    _ map: FeatureMap, output: Floats, places: UnsafeMutableBufferPointer<UInt32>?
  ) {
    checkLane(map.channels)
    precondition(map.height * map.width <= Int(Int32.max), "places do not fit 32 bits")
    if let places { precondition(places.count >= map.channels, "\(places.count) places") }
    kernels.globalMaximumForward(
      map.checked("map to pool"), output: output.checked(map.channels, "pooled values"),
      places: places?.baseAddress)
  }

  /// The map's gradient ← the output's gradient [channels] at the places of the maxima, 0 elsewhere; or += that, if it
  /// accumulates.
  public func globalMaximumGradient(
    outputGradient: Floats, places: UnsafeBufferPointer<UInt32>, inputGradient: FeatureMap,
    accumulates: Bool = false
  ) {
    let pixelCount = inputGradient.height * inputGradient.width
    checkLane(inputGradient.channels)
    precondition(places.count >= inputGradient.channels, "\(places.count) places")
    precondition(
      places.prefix(inputGradient.channels).allSatisfy { Int($0) < pixelCount }, "a place beyond the map")
    kernels.globalMaximumBackward(
      outputGradient: outputGradient.checked(inputGradient.channels, "gradient of pooled values"),
      places: places.baseAddress!, map: inputGradient.checked("gradient of a pooled map"),
      accumulates: accumulates)
  }
}
