// kernel-bench: the speed of each kernel, beside the peak of the CPU. It is not installed;
// Benchmarks/README.md says more.

import ByteIO
import CommandLine
import Compute
import JSON
import ModelOptions
import Networks
import Training
import TensorStream

@main
struct KernelBench: Tool {
  static let configuration = CommandConfiguration.tool(
    "kernel-bench", abstract: "Time each kernel at the sizes of the presets cnn and ffnn.",
    usage: "[<options>] [<stream>]",
    discussion: """
      Writes a table of median times, GFLOP/s (as if computed directly and densely), the share of the peak that \
      multiply-adds in registers reach in the same process at the same time, and GB/s if memory is the \
      bottleneck. FM_KERNELS chooses the instruction set, as for the commands.
      """,
    examples: [
      "kernel-bench train.raw",
      "kernel-bench --threads 1 --filter convolution --samples 51",
    ])

  @Option(help: ArgumentHelp("Time on these numbers of threads, separated by commas.", valueName: "n,…"))
  var threads = "1,2"

  @Option(
    help: ArgumentHelp(
      "Time only kernels with one of these texts, separated by commas, in their name.", valueName: "text,…"))
  var filter = ""

  @Option(help: ArgumentHelp("Time each kernel this often, and report the median.", valueName: "n"))
  var samples = 21

  @Flag(help: "Write one JSON object on each line, for scripts.")
  var json = false

  @Argument(
    help: ArgumentHelp(
      "Labelled images of 28×28 for whole networks. (default: synthetic)", valueName: "stream"),
    completion: .file())
  var stream: String?

  func validate() throws {
    if threadCounts.isEmpty || threadCounts.contains(where: { !(1...1024).contains($0 ?? 0) }) {
      throw ValidationError("--threads: expected numbers from 1 to 1024, got '\(threads)'")
    }
    if !(1...100_000).contains(samples) {
      throw ValidationError("--samples: expected 1 to 100000, got \(samples)")
    }
  }

  private var threadCounts: [Int?] { threads.split(separator: ",").map { Int($0) } }

  func run() throws {
    let instructionSet = try InstructionSet.chosen()
    let data = try loadImages()
    let output = try OutputFile(path: "-")
    if !json { try output.write("Instruction set: \(instructionSet.rawValue).\n\n\(Measurement.header)\n") }
    for count in threadCounts.compactMap({ $0 }) {
      let stopwatch = Stopwatch(
        engine: Engine(instructionSet: instructionSet, jobs: count), sampleCount: samples)
      try measure(stopwatch, data) { measurement in
        try output.write((json ? measurement.json.compactText() : measurement.row) + "\n")
        try output.flush()
      }
    }
    try output.commit()
  }

  /// Measures group by group, so that the memory of one is free before the next begins.
  private func measure(_ stopwatch: Stopwatch, _ data: Dataset, _ report: (Measurement) throws -> Void) throws
  {
    let groups: [() throws -> [Benchmark]] = [
      { [stopwatch.peakBenchmark] }, stopwatch.matrixProducts, stopwatch.denseLayers, stopwatch.convolutions,
      stopwatch.winogradConvolutions, stopwatch.bfloat16Products,
      stopwatch.maps, stopwatch.memoryBound, { try stopwatch.predictions(data) },
    ]
    for group in groups {
      for benchmark in try group() where isWanted(benchmark.name) {
        try report(stopwatch.measure(benchmark))
      }
    }
    for step in try stopwatch.trainingSteps(data) where isWanted(step.name) {
      try report(step.measure(samples))
    }
  }

  private func isWanted(_ name: String) -> Bool {
    filter.isEmpty || filter.split(separator: ",").contains { name.contains($0) }
  }

  private func loadImages() throws -> Dataset {
    let shape = ImageShape(height: 28, width: 28, channels: 1)
    guard let stream else {
      let (images, labels) = blockImages(4096)
      return Dataset(shape: shape, images: images, labels: labels, classes: nil, history: [])
    }
    let data = try Dataset(reading: TensorStreamReader(InputFile(path: stream)))
    guard data.shape == shape, data.classCount <= 10, data.count >= 1000 else {
      throw ValidationError("\(stream): expected at least 1000 images of 28×28 in 10 classes")
    }
    return data
  }
}
