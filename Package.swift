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
    name: name, dependencies: ["CVectorMath", "KernelInterface"], path: "Sources/Shared/Numerics/\(name)",
    swiftSettings: defines.map { .define($0) } + [.unsafeFlags(flags)])
}

// MARK: - The library: floors of modules, one module a subject

/// The modules in a folder of `Sources/Shared`. They import each other and those of floors above them in this file, which
/// `scripts/module-map` checks.
func floor(
  _ folder: String, _ modules: KeyValuePairs<String, [Target.Dependency]>, isOptimized: Bool = false
) -> [Target] {
  modules.map {
    .target(
      name: $0, dependencies: $1, path: "Sources/Shared/\(folder)/\($0)",
      swiftSettings: isOptimized ? optimizedDebug : [])
  }
}

/// Optimises debug builds too, with all checks and assertions: without it, tests of training and naive references of a
/// hundred million terms take six times as long. To step through such a module in a debugger, remove the flags.
let optimizedDebug: [SwiftSetting] = [
  .unsafeFlags(
    ["-O", "-wmo", "-disable-batch-mode", "-num-threads", "2", "-assert-config", "Debug"],
    .when(configuration: .debug))
]

/// A library of the system, whose module map is in `Sources/Shared/C`.
func systemLibrary(
  _ name: String, pkgConfig: String? = nil, apt: String, yum: String, brew: String
) -> Target {
  .systemLibrary(
    name: name, path: "Sources/Shared/C/\(name)", pkgConfig: pkgConfig,
    providers: [.apt([apt]), .yum([yum]), .brew([brew])])
}

/// A module written in C. Without pkg-config, compilers and linkers look for the libraries in `linked` in their own folders.
func cTarget(_ name: String, _ dependencies: [Target.Dependency] = [], linked: [String] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Shared/C/\(name)",
    linkerSettings: linked.map { .linkedLibrary($0) })
}

let cTargets: [Target] = [
  .systemLibrary(name: "CZlib", path: "Sources/Shared/C/CZlib"),
  .systemLibrary(name: "CVectorMath", path: "Sources/Shared/C/CVectorMath"),
  systemLibrary(
    "CLibDeflate", pkgConfig: "libdeflate", apt: "libdeflate-dev", yum: "libdeflate-devel", brew: "libdeflate"
  ),
  systemLibrary("CCairo", pkgConfig: "cairo", apt: "libcairo2-dev", yum: "cairo-devel", brew: "cairo"),
  systemLibrary("CLibPNG", pkgConfig: "libpng", apt: "libpng-dev", yum: "libpng-devel", brew: "libpng"),
  systemLibrary(
    "CLibJPEG", pkgConfig: "libjpeg", apt: "libjpeg-dev", yum: "libjpeg-turbo-devel", brew: "jpeg-turbo"),
  systemLibrary(
    "CLibArchive", pkgConfig: "libarchive", apt: "libarchive-dev", yum: "libarchive-devel", brew: "libarchive"
  ),
  cTarget("CSystem"),
  cTarget("CPixels"),
  cTarget("CPNG", ["CLibDeflate", "CLibPNG", "CPixels"], linked: ["deflate", "png"]),
  cTarget("CJPEG", ["CLibJPEG", "CPixels"], linked: ["jpeg"]),
  cTarget("CTar", ["CLibArchive"], linked: ["archive"]),
]

let baseTargets = floor(
  "Base",
  [
    "JSON": [],
    "RandomNumbers": [],
    "Threading": [],
    "ByteIO": ["CSystem"],
  ])

let numericsTargets = floor(
  "Numerics",
  [
    "KernelInterface": [],
    "Compute": ["ByteIO", "CSystem", "KernelInterface", "Threading"]
      + kernelTargets.map { .byName(name: $0.name) },
  ])

let dataTargets = floor(
  "Data",
  [
    "TensorStream": ["ByteIO", "CLibDeflate", "JSON", "Threading"],
    "ImageFiles": ["ByteIO", "CJPEG", "CLibDeflate", "CPNG", "CZlib", "JSON", "TensorStream", "Threading"],
    "Archives": ["ByteIO", "CTar", "ImageFiles", "TensorStream", "Threading"],
    "DataSplitting": ["ByteIO", "RandomNumbers", "TensorStream"],
    "Predictions": ["ByteIO", "JSON", "TensorStream"],
  ])

let learningTargets = floor(
  "Learning",
  [
    "Networks": ["ByteIO", "KernelInterface", "RandomNumbers", "TensorStream"],
    "Execution": ["ByteIO", "Compute", "KernelInterface", "Networks", "RandomNumbers", "TensorStream"],
    "Inference": [
      "ByteIO", "Compute", "Execution", "KernelInterface", "Networks", "RandomNumbers", "TensorStream",
      "Threading",
    ],
    "Training": [
      "ByteIO", "Compute", "Execution", "Inference", "KernelInterface", "Networks", "RandomNumbers",
      "TensorStream",
    ],
    "ModelFiles": [
      "ByteIO", "Execution", "Inference", "JSON", "KernelInterface", "Networks", "TensorStream", "Training",
    ],
  ], isOptimized: true)

let judgingTargets = floor(
  "Judging",
  [
    "Evaluation": ["ByteIO", "JSON", "Predictions", "RandomNumbers", "TensorStream"],
    "Auditing": ["ByteIO", "Compute", "JSON", "Predictions", "RandomNumbers", "TensorStream"],
    "Inspection": [
      "ByteIO", "Inference", "JSON", "ModelFiles", "Networks", "TensorStream", "Training",
    ],
    "Charts": ["ByteIO", "CCairo", "Evaluation", "JSON", "Predictions", "TensorStream"],
    "ReportPage": ["ByteIO", "Charts", "Evaluation", "ImageFiles", "TensorStream"],
  ])

let toolTargets = floor(
  "Tools",
  [
    "CommandLine": ["ByteIO", "CSystem", .product(name: "ArgumentParser", package: "swift-argument-parser")],
    "ModelOptions": [
      "ByteIO", "CommandLine", "Compute", "Inference", "KernelInterface", "ModelFiles", "Networks",
      "TensorStream",
    ],
    "ClassOptions": ["ByteIO", "CommandLine", "Predictions", "TensorStream"],
    "RecipeOptions": ["CommandLine", "ImageFiles", "TensorStream"],
    "PictureReading": [
      "ArchiveRemedies", "Archives", "ByteIO", "ClassOptions", "CommandLine", "DataRemedies", "ImageFiles",
      "PictureRemedies", "RecipeOptions", "TensorStream",
    ],
    "PredictCommand": [
      "ArchiveRemedies", "Archives", "ByteIO", "ClassOptions", "CommandLine", "Compute", "DataRemedies",
      "ImageFiles", "Inference", "LearningRemedies", "ModelFiles", "ModelOptions", "Networks",
      "PictureRemedies", "Predictions", "RecipeOptions", "TensorStream", "Threading",
    ],
    "TrainCommand": [
      "ByteIO", "ChartRemedies", "Charts", "CommandLine", "Compute", "DataRemedies", "DataSplitting",
      "Evaluation", "Execution", "Inference", "Inspection", "JSON", "JudgingRemedies", "KernelInterface",
      "LearningRemedies", "ModelFiles", "ModelOptions", "Networks", "TensorStream", "Training",
    ],
  ])

/// What to type after the errors of libraries. There are several modules, because a command must not be linked with libpng or
/// Cairo only for the remedies of errors that it never throws.
let remedyTargets = floor(
  "Tools/Remedies",
  [
    "DataRemedies": ["ByteIO", "CommandLine", "DataSplitting", "Predictions", "TensorStream"],
    "PictureRemedies": ["ByteIO", "CommandLine", "ImageFiles"],
    "ArchiveRemedies": ["Archives", "CommandLine"],
    "LearningRemedies": [
      "CommandLine", "DataRemedies", "Execution", "Inference", "ModelFiles", "Networks", "Training",
    ],
    "JudgingRemedies": ["ByteIO", "CommandLine", "Evaluation"],
    "ChartRemedies": ["Charts", "CommandLine"],
  ])

let libraryTargets =
  cTargets + baseTargets + numericsTargets + dataTargets + learningTargets + judgingTargets + toolTargets
  + remedyTargets

// MARK: - The commands

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies)
}

let commandTargets: [Target] = [
  command(
    "idx2raw",
    [
      "ByteIO", "ClassOptions", "CommandLine", "DataRemedies", "ImageFiles", "PictureRemedies",
      "TensorStream",
    ]),
  command("png2raw", ["PictureReading"]),
  command("img2raw", ["PictureReading"]),
  command(
    "raw2png",
    [
      "ArchiveRemedies", "Archives", "ByteIO", "ChartRemedies", "Charts", "CommandLine", "DataRemedies",
      "ImageFiles", "JudgingRemedies", "PictureRemedies", "TensorStream",
    ]),
  command("fm-split", ["ByteIO", "CommandLine", "DataRemedies", "DataSplitting", "TensorStream"]),
  command("fm-train", ["TrainCommand"]),
  command("fm-predict", ["PredictCommand"]),
  command(
    "fm-eval",
    [
      "ByteIO", "ChartRemedies", "Charts", "ClassOptions", "CommandLine", "DataRemedies", "Evaluation",
      "JudgingRemedies", "PictureRemedies", "Predictions", "ReportPage", "TensorStream",
    ]),
  command("fm-audit", ["Auditing", "ByteIO", "CommandLine", "DataRemedies", "TensorStream"]),
  command(
    "fm-plot",
    [
      "ByteIO", "ChartRemedies", "Charts", "ClassOptions", "CommandLine", "DataRemedies", "Evaluation",
      "JudgingRemedies",
    ]),
  command(
    "fm-info",
    ["ByteIO", "CommandLine", "DataRemedies", "Inspection", "LearningRemedies", "ModelOptions"]),
  command(
    "fm-export",
    [
      "ByteIO", "CommandLine", "DataRemedies", "Inference", "LearningRemedies", "ModelFiles", "ModelOptions",
      "Networks", "TensorStream",
    ]),
]

/// Training over MPI, which `make mpi` asks for: nothing else needs MPI.
let mpiTargets: [Target] =
  Context.environment["FM_TOOLS_MPI"] == nil
  ? []
  : [
    systemLibrary(
      "CLibMPI", pkgConfig: "ompi-c", apt: "libopenmpi-dev", yum: "openmpi-devel", brew: "open-mpi"),
    cTarget("CMPI", ["CLibMPI"]),
    command("fm-train-mpi", ["ByteIO", "CMPI", "CommandLine", "TrainCommand"]),
  ]

// MARK: - The benchmarks: built with the rest, not installed

let benchmarkTargets: [Target] = [
  .executableTarget(
    name: "kernel-bench",
    dependencies: [
      "ByteIO", "CommandLine", "Compute", "JSON", "KernelInterface", "Execution", "Inference", "ModelOptions",
      "Networks", "Training", "RandomNumbers", "TensorStream",
    ], path: "Benchmarks/kernel-bench")
]

// MARK: - The tests

func tests(
  _ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false, isOptimized: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: fixtures ? [.copy("Fixtures")] : [],
    swiftSettings: isOptimized ? optimizedDebug : [])
}

let testTargets: [Target] = [
  // Not tests, but what several of them share: streams in memory and the messages of errors here, and networks in
  // NetworkSamples.
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
    ], path: "Tests/NetworkSamples", swiftSettings: optimizedDebug),
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
  tests("CommandLineTests", ["ByteIO", "ClassOptions", "CommandLine"]),
  tests(
    "TrainCommandTests",
    ["ByteIO", "CommandLine", "MemoryStreams", "NetworkSamples", "TrainCommand", "Training"]),
  tests("ModelOptionsTests", ["Compute", "ModelOptions"]),
  tests(
    "RemediesTests",
    [
      "ArchiveRemedies", "Archives", "ByteIO", "ChartRemedies", "Charts", "CommandLine", "DataRemedies",
      "DataSplitting", "Evaluation", "Execution", "ImageFiles", "Inference", "JudgingRemedies",
      "LearningRemedies", "MemoryStreams", "ModelFiles", "Networks", "PictureRemedies", "Predictions",
      "TensorStream", "Training",
    ]),
  tests("RecipeOptionsTests", ["CommandLine", "ImageFiles", "RecipeOptions", "TensorStream"]),
  tests(
    "ChartsTests", ["ByteIO", "Charts", "Evaluation", "ImageFiles", "MemoryStreams", "TensorStream"]),
  tests(
    "ReportPageTests",
    ["ByteIO", "Charts", "Evaluation", "MemoryStreams", "ReportPage", "TensorStream"]),
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
