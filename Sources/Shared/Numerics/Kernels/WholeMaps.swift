// Elementwise operations from map to map, in runs without gaps: activations, sums, copies. Concatenations may have any
// number of channels; everywhere else, it is a multiple of the lane.

import KernelInterface

extension KernelTable {
  /// output ← act(input)
  public static func activate(_ activation: Activation, input: MapRegion, output: MapRegion) {
    run(ActivationForward(input: input, output: output), with: activation)
  }

  /// gradient ← gradient · act′
  public static func activationBackward(_ activation: Activation, gradient: MapRegion, values: MapRegion) {
    run(ActivationBackward(gradient: gradient, values: values), with: activation)
  }

  /// output ← act(first + second)
  public static func sumMaps(
    _ first: MapRegion, _ second: MapRegion, activation: Activation?, output: MapRegion
  ) {
    run(ActivatedSum(first: first, second: second, output: output), with: activation)
  }

  /// target += source; any number of channels.
  public static func addMap(_ source: MapRegion, to target: MapRegion) {
    let runs = MapRuns(source, target)
    let wholeVectors = runs.length / vectorWidth &* vectorWidth
    for y in 0..<runs.rowCount {
      for x in 0..<runs.count {
        let (from, to) = (source.pixel(y, x), target.pixel(y, x))
        for index in vectorStarts(wholeVectors) { store(load(to + index) + load(from + index), to + index) }
        for index in wholeVectors..<runs.length { to[index] += from[index] }
      }
    }
  }

  /// target ← source; any number of channels.
  public static func copyMap(_ source: MapRegion, to target: MapRegion) {
    let runs = MapRuns(source, target)
    for y in 0..<runs.rowCount {
      for x in 0..<runs.count { target.pixel(y, x).update(from: source.pixel(y, x), count: runs.length) }
    }
  }

  /// map ← map · factor
  public static func scaleMap(_ map: MapRegion, by factor: Float) {
    let runs = MapRuns(map, map)
    for y in 0..<runs.rowCount {
      for x in 0..<runs.count {
        let values = map.pixel(y, x)
        for index in vectorStarts(runs.length) { store(load(values + index) * factor, values + index) }
      }
    }
  }
}

private struct ActivationForward: ActivationLoop {
  let input: MapRegion
  let output: MapRegion

  func run<Function: ActivationFunction>(_ function: Function) {
    let runs = MapRuns(input, output)
    for y in 0..<runs.rowCount {
      for x in 0..<runs.count {
        let (from, to) = (input.pixel(y, x), output.pixel(y, x))
        for index in vectorStarts(runs.length) { store(function.value(load(from + index)), to + index) }
      }
    }
  }
}

private struct ActivationBackward: ActivationLoop {
  let gradient: MapRegion
  let values: MapRegion

  func run<Function: ActivationFunction>(_ function: Function) {
    let runs = MapRuns(gradient, values)
    for y in 0..<runs.rowCount {
      for x in 0..<runs.count {
        let (stored, slopes) = (values.pixel(y, x), gradient.pixel(y, x))
        for index in vectorStarts(runs.length) {
          store(load(slopes + index) * function.derivative(load(stored + index)), slopes + index)
        }
      }
    }
  }
}

private struct ActivatedSum: ActivationLoop {
  let first: MapRegion
  let second: MapRegion
  let output: MapRegion

  func run<Function: ActivationFunction>(_ function: Function) {
    let runs = MapRuns(first, second, output)
    for y in 0..<runs.rowCount {
      for x in 0..<runs.count {
        let (a, b, to) = (first.pixel(y, x), second.pixel(y, x), output.pixel(y, x))
        for index in vectorStarts(runs.length) {
          store(function.value(load(a + index) + load(b + index)), to + index)
        }
      }
    }
  }
}

// MARK: - Runs

/// Runs of values that are contiguous in each of some maps of the same size, for loops that treat all values of a map
/// alike. A run is as long as the maps have no gap.
struct MapRuns {
  let rowCount: Int
  /// Runs in a row, and values in a run: the whole row, or the channels of a pixel.
  let count: Int
  let length: Int

  @inline(__always)
  init(_ first: MapRegion, _ second: MapRegion, _ third: MapRegion? = nil) {
    let isDense = first.isDense && second.isDense && (third?.isDense ?? true)
    rowCount = first.height
    count = isDense ? 1 : first.width
    length = isDense ? first.width &* first.channels : first.channels
  }
}

extension MapRegion {
  /// Whether the pixels of a row have no gap between them.
  @inline(__always)
  var isDense: Bool { pixelStride == channels }

  /// Returns the address of a pixel's first channel.
  @inline(__always)
  func pixel(_ y: Int, _ x: Int) -> UnsafeMutablePointer<Float> {
    start + (y &* rowStride &+ x &* pixelStride)
  }
}
