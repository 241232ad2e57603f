// swift-tools-version: 6.2
import PackageDescription

// MARK: - The kernels: one folder of sources, built once for each instruction set

/// Kernels are optimised in debug builds too: a debug kernel is a thousand times slower, which no test can bear.
/// Their entry points check shapes in the module Compute; inside, overflow and bounds checks are off.
let kernelFlags = ["-Ounchecked", "-disable-batch-mode", "-wmo", "-num-threads", "2"]

#if arch(x86_64)
  // Without the preferred width, LLVM splits every 512-bit vector in two.
  let avx512Flags = ["-march=x86-64-v4", "-mprefer-vector-width=512"]

  let kernelTargets: [Target] = [
    kernelTarget("Kernels"),
    kernelTarget("KernelsAVX2", defines: ["AVX2"], compilerFlags: ["-mavx2", "-mfma"]),
    kernelTarget("KernelsAVX512", defines: ["AVX512"], compilerFlags: avx512Flags),
    // Tile registers are used where kernels name them, and nowhere else: without them, the rest of this build runs too.
    kernelTarget(
      "KernelsBFloat16", defines: ["AVX512", "BF16", "AMX"],
      compilerFlags: avx512Flags + ["-mavx512bf16", "-mamx-tile", "-mamx-bf16"]),
  ]
#else
  let kernelTargets: [Target] = [kernelTarget("Kernels")]
#endif

func kernelTarget(_ name: String, defines: [String] = [], compilerFlags: [String] = []) -> Target {
  let flags = kernelFlags + compilerFlags.flatMap { ["-Xcc", $0] }
  return .target(
    name: name, dependencies: ["CVectorMath", "KernelInterface"], path: "Sources/Shared/\(name)",
    swiftSettings: defines.map { .define($0) } + [.unsafeFlags(flags)])
}

// MARK: - The library, one module a subject

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/Shared/\(name)")
}

let libraryTargets: [Target] = [
  .systemLibrary(name: "CZlib", path: "Sources/Shared/CZlib"),
  .systemLibrary(
    name: "CLibDeflate", path: "Sources/Shared/CLibDeflate", pkgConfig: "libdeflate",
    providers: [.apt(["libdeflate-dev"]), .yum(["libdeflate-devel"]), .brew(["libdeflate"])]),
  .systemLibrary(
    name: "CCairo", path: "Sources/Shared/CCairo", pkgConfig: "cairo",
    providers: [.apt(["libcairo2-dev"]), .yum(["cairo-devel"]), .brew(["cairo"])]),
  .systemLibrary(
    name: "CLibPNG", path: "Sources/Shared/CLibPNG", pkgConfig: "libpng",
    providers: [.apt(["libpng-dev"]), .yum(["libpng-devel"]), .brew(["libpng"])]),
  // Where there is no pkg-config, libpng is where compilers and linkers look by themselves.
  .target(
    name: "CPNG", dependencies: ["CLibDeflate", "CLibPNG", "CPixels"], path: "Sources/Shared/CPNG",
    linkerSettings: [.linkedLibrary("deflate"), .linkedLibrary("png")]),
  .systemLibrary(
    name: "CLibJPEG", path: "Sources/Shared/CLibJPEG", pkgConfig: "libjpeg",
    providers: [.apt(["libjpeg-dev"]), .yum(["libjpeg-turbo-devel"]), .brew(["jpeg-turbo"])]),
  .target(
    name: "CJPEG", dependencies: ["CLibJPEG", "CPixels"], path: "Sources/Shared/CJPEG",
    linkerSettings: [.linkedLibrary("jpeg")]),
  .systemLibrary(
    name: "CLibArchive", path: "Sources/Shared/CLibArchive", pkgConfig: "libarchive",
    providers: [.apt(["libarchive-dev"]), .yum(["libarchive-devel"]), .brew(["libarchive"])]),
  .target(
    name: "CTar", dependencies: ["CLibArchive"], path: "Sources/Shared/CTar",
    linkerSettings: [.linkedLibrary("archive")]),
  .target(name: "CPixels", path: "Sources/Shared/CPixels"),
  .target(name: "CSystem", path: "Sources/Shared/CSystem"),
  .systemLibrary(name: "CVectorMath", path: "Sources/Shared/CVectorMath"),
  library("JSON"),
  library("ByteIO", ["CSystem"]),
  library("Threading"),
  library("TensorStream", ["ByteIO", "CLibDeflate", "JSON", "Threading"]),
  library(
    "ImageFiles", ["ByteIO", "CJPEG", "CLibDeflate", "CPNG", "CZlib", "JSON", "TensorStream", "Threading"]),
  library("Archives", ["ByteIO", "CTar", "ImageFiles", "TensorStream", "Threading"]),
  library("RandomNumbers"),
  library("DataSplitting", ["ByteIO", "RandomNumbers", "TensorStream"]),
  library("KernelInterface"),
  library(
    "Compute",
    ["ByteIO", "CSystem", "KernelInterface", "Threading"] + kernelTargets.map { .byName(name: $0.name) }),
  library("Networks", ["ByteIO", "KernelInterface", "RandomNumbers", "TensorStream"]),
  library(
    "Execution", ["ByteIO", "Compute", "KernelInterface", "Networks", "RandomNumbers", "TensorStream"]),
  library(
    "Inference",
    ["ByteIO", "Compute", "Execution", "KernelInterface", "Networks", "TensorStream", "Threading"]),
  library(
    "Training",
    [
      "ByteIO", "Compute", "Execution", "Inference", "KernelInterface", "Networks", "RandomNumbers",
      "TensorStream",
    ]),
  library(
    "ModelFiles",
    ["ByteIO", "Inference", "JSON", "KernelInterface", "Networks", "TensorStream", "Training"]),
  library("Predictions", ["ByteIO", "JSON", "TensorStream"]),
  library("Evaluation", ["ByteIO", "JSON", "Predictions", "RandomNumbers", "TensorStream"]),
  library("Pictures", ["ByteIO", "CCairo", "Evaluation", "JSON", "Predictions", "TensorStream"]),
  library("ReportPage", ["ByteIO", "Evaluation", "ImageFiles", "Pictures", "TensorStream"]),
  library("Auditing", ["ByteIO", "Compute", "JSON", "Predictions", "RandomNumbers", "TensorStream"]),
  library("Inspection", ["ByteIO", "JSON", "ModelFiles", "Networks", "TensorStream"]),
  library(
    "CommandLine",
    ["ByteIO", "CSystem", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
  library(
    "ModelOptions",
    ["ByteIO", "CommandLine", "Compute", "Inference", "KernelInterface", "ModelFiles", "Networks"]),
  library("PredictionOptions", ["CommandLine", "Predictions"]),
  library("RecipeOptions", ["CommandLine", "ImageFiles", "TensorStream"]),
  library(
    "TrainCommand",
    [
      "ByteIO", "CommandLine", "Compute", "DataSplitting", "Evaluation", "Execution", "Inference",
      "Inspection", "JSON", "KernelInterface", "ModelFiles", "ModelOptions", "Networks", "Pictures",
      "TensorStream", "Training",
    ]),
  library(
    "PictureReading", ["Archives", "ByteIO", "CommandLine", "ImageFiles", "RecipeOptions", "TensorStream"]),
]

// MARK: - The commands

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: ["ByteIO", "CommandLine"] + dependencies)
}

let commandTargets: [Target] = [
  command("idx2raw", ["ImageFiles", "TensorStream"]),
  command("png2raw", ["PictureReading"]),
  command("img2raw", ["PictureReading"]),
  command("raw2png", ["Archives", "ImageFiles", "Pictures", "TensorStream"]),
  command("fm-split", ["DataSplitting", "TensorStream"]),
  command("fm-train", ["TrainCommand"]),
  command(
    "fm-predict",
    [
      "Archives", "Compute", "Execution", "ImageFiles", "Inference", "ModelFiles", "ModelOptions", "Networks",
      "PredictionOptions", "Predictions", "RecipeOptions", "TensorStream", "Threading",
    ]),
  command(
    "fm-eval",
    ["Evaluation", "Pictures", "PredictionOptions", "Predictions", "ReportPage", "TensorStream"]),
  command("fm-audit", ["Auditing", "TensorStream"]),
  command("fm-plot", ["Evaluation", "Pictures", "TensorStream"]),
  command("fm-info", ["Inspection", "JSON", "ModelOptions"]),
  command("fm-export", ["Inference", "ModelFiles", "ModelOptions", "Networks", "TensorStream"]),
]

/// Training over MPI, which `make mpi` asks for: nothing else needs MPI.
let mpiTargets: [Target] =
  Context.environment["FM_TOOLS_MPI"] == nil
  ? []
  : [
    .systemLibrary(
      name: "CLibMPI", path: "Sources/Shared/CLibMPI", pkgConfig: "ompi-c",
      providers: [.apt(["libopenmpi-dev"]), .yum(["openmpi-devel"]), .brew(["open-mpi"])]),
    .target(name: "CMPI", dependencies: ["CLibMPI"], path: "Sources/Shared/CMPI"),
    command("fm-train-mpi", ["CMPI", "TrainCommand"]),
  ]

// MARK: - The benchmarks: built with the rest, not installed

let benchmarkTargets: [Target] = [
  .executableTarget(
    name: "kernel-bench",
    dependencies: [
      "ByteIO", "CommandLine", "Compute", "JSON", "KernelInterface", "Execution", "Inference", "Networks",
      "Training", "RandomNumbers",
      "TensorStream",
    ], path: "Benchmarks/kernel-bench")
]

// MARK: - The tests

/// `isOptimized`: in debug builds too, for naive references of a hundred million terms. Checks stay on.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false, isOptimized: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: fixtures ? [.copy("Fixtures")] : [],
    swiftSettings: isOptimized ? [.unsafeFlags(["-O"])] : [])
}

let testTargets: [Target] = [
  // No tests: what several of them read from and write to, and train.
  .target(name: "MemoryStreams", dependencies: ["ByteIO"], path: "Tests/MemoryStreams"),
  tests("ByteIOTests", ["ByteIO"]),
  tests("ThreadingTests", ["Threading"]),
  tests("ComputeTests", ["Compute", "KernelInterface", "RandomNumbers"], isOptimized: true),
  tests(
    "InspectionTests",
    [
      "ByteIO", "Inspection", "JSON", "MemoryStreams", "ModelFiles", "Execution", "Inference", "Networks",
      "Training", "TensorStream",
    ]),
  tests(
    "ModelFilesTests",
    [
      "ByteIO", "Compute", "CZlib", "JSON", "KernelInterface", "MemoryStreams", "ModelFiles", "Execution",
      "Inference", "Networks", "Training", "RandomNumbers",
      "TensorStream",
    ],
    fixtures: true),
  tests("NetworksTests", ["KernelInterface", "Networks", "RandomNumbers", "TensorStream"]),
  .target(
    name: "NetworkSamples",
    dependencies: [
      "Compute", "Execution", "MemoryStreams", "Networks", "RandomNumbers", "TensorStream", "Threading",
      "Training",
    ], path: "Tests/NetworkSamples"),
  tests(
    "ExecutionTests",
    [
      "ByteIO", "Compute", "Execution", "Inference", "KernelInterface", "ModelFiles", "NetworkSamples",
      "Networks", "RandomNumbers", "TensorStream", "Training",
    ], fixtures: true, isOptimized: true),
  tests(
    "InferenceTests",
    [
      "ByteIO", "Compute", "Execution", "Inference", "MemoryStreams", "NetworkSamples", "Networks",
      "TensorStream", "Training",
    ], isOptimized: true),
  tests(
    "TrainingTests",
    [
      "ByteIO", "Compute", "Execution", "Inference", "JSON", "KernelInterface", "MemoryStreams", "ModelFiles",
      "NetworkSamples", "Networks", "RandomNumbers", "TensorStream", "Training",
    ], fixtures: true, isOptimized: true),
  tests("JSONTests", ["JSON"]),
  tests("RandomNumbersTests", ["RandomNumbers"]),
  tests(
    "EvaluationTests",
    ["ByteIO", "Evaluation", "JSON", "MemoryStreams", "Predictions", "RandomNumbers", "TensorStream"],
    fixtures: true),
  tests(
    "AuditingTests",
    [
      "Auditing", "ByteIO", "Compute", "JSON", "MemoryStreams", "Predictions", "RandomNumbers",
      "TensorStream",
    ],
    fixtures: true, isOptimized: true),
  tests("PredictionsTests", ["ByteIO", "JSON", "MemoryStreams", "Predictions", "TensorStream"]),
  tests("TensorStreamTests", ["ByteIO", "JSON", "MemoryStreams", "TensorStream"], fixtures: true),
  tests("DataSplittingTests", ["ByteIO", "DataSplitting", "MemoryStreams", "RandomNumbers", "TensorStream"]),
  tests("CommandLineTests", ["ByteIO", "CommandLine"]),
  tests(
    "TrainCommandTests",
    ["ByteIO", "CommandLine", "MemoryStreams", "NetworkSamples", "TrainCommand", "Training"]),
  tests("RecipeOptionsTests", ["CommandLine", "ImageFiles", "RecipeOptions", "TensorStream"]),
  tests(
    "PicturesTests", ["ByteIO", "Evaluation", "ImageFiles", "MemoryStreams", "Pictures", "TensorStream"]),
  tests(
    "ReportPageTests",
    ["ByteIO", "Evaluation", "MemoryStreams", "Pictures", "ReportPage", "TensorStream"]),
  tests("PipelineTests", []),
  tests(
    "ImageFilesTests",
    ["ByteIO", "CJPEG", "CPNG", "CZlib", "ImageFiles", "JSON", "MemoryStreams", "TensorStream"],
    fixtures: true),
]

let package = Package(
  name: "fm-tools",
  platforms: [.macOS(.v15)],
  products: commandTargets.map { .executable(name: $0.name, targets: [$0.name]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: kernelTargets + libraryTargets + commandTargets + mpiTargets + benchmarkTargets + testTargets
)
