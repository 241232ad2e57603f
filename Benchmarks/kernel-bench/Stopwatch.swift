// Times benchmarks. A sample has enough runs to outlast the clock's resolution, and follows a measurement of
// the CPU's peak.

import Compute
import KernelInterface

/// Times benchmarks on the threads of one engine.
final class Stopwatch {
  let engine: Engine
  private let sampleCount: Int
  private let clock = ContinuousClock()
  /// One lane for each task of the peak's loop.
  private let peakResults: FloatBuffer

  /// The shortest duration of a sample: a thousand times what it costs to read the clock and to wake a thread.
  private static let sampleSeconds = 0.004
  /// The peak is measured in tasks of about 50 µs, so that a thread that wakes late costs little.
  private static let peakTasks = 64
  private static let peakRounds = 8_000

  init(engine: Engine, sampleCount: Int) {
    self.engine = engine
    self.sampleCount = sampleCount
    peakResults = FloatBuffer(count: Self.peakTasks * Lane.width)
  }

  /// Warms up, then takes samples, each after a measurement of the peak. A machine that slows down slows both.
  func measure(_ benchmark: Benchmark) -> Measurement {
    let warmUp = time(benchmark.run)
    let runs = max(1, Int((Self.sampleSeconds / max(warmUp, time(benchmark.run))).rounded(.up)))
    var seconds: [Double] = []
    var fractions: [Double] = []
    for _ in 0..<sampleCount {
      let peak = peakRate()
      let sample = time { for _ in 0..<runs { benchmark.run() } } / Double(runs)
      seconds.append(sample)
      fractions.append(Double(benchmark.operations) / sample / peak)
    }
    return Measurement(
      name: benchmark.name, operation: benchmark.operation, shape: benchmark.shape,
      threads: engine.workers.count, seconds: median(seconds), peakFraction: median(fractions),
      operations: benchmark.operations, byteCount: benchmark.byteCount, images: benchmark.images)
  }

  /// Returns the operations a second of independent multiply-adds, on all threads.
  func peakRate() -> Double {
    let seconds = time { runPeak() }
    return Double(peakOperations) / seconds
  }

  /// The peak as a separate benchmark.
  var peakBenchmark: Benchmark {
    Benchmark(
      operation: "multiply-adds in registers", shape: [], operations: peakOperations, run: { self.runPeak() })
  }

  private lazy var peakOperations: Int = {
    let chains = engine.kernels.runMultiplyAddChains(rounds: 1, result: peakResults.floats.baseAddress!)
    return chains * Self.peakRounds * Self.peakTasks
  }()

  private func runPeak() {
    engine.workers.forEach(Self.peakTasks) { task, _ in
      _ = engine.kernels.runMultiplyAddChains(
        rounds: Self.peakRounds, result: peakResults.floats.baseAddress! + task * Lane.width)
    }
  }

  private func time(_ body: () -> Void) -> Double {
    let start = clock.now
    body()
    return (clock.now - start).inSeconds
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
