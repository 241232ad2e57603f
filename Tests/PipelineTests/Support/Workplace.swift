// The folder in which a test runs commands, with the executables of this build in PATH.
import Foundation

/// The commands of the package.
let commands = [
  "idx2raw", "png2raw", "img2raw", "raw2png", "fm-split", "fm-train", "fm-predict", "fm-eval",
  "fm-audit", "fm-plot", "fm-info", "fm-export",
]

/// The beginning of a command line that trains as little as possible.
let trainLine = ["fm-train", "--quiet", "--arch", "linear:2", "--epochs", "1"]

/// A temporary folder for one test, removed with its contents when the last reference goes.
final class Workplace {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("fm-tools-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The folder of the executables: beside the tests, or the one that FM_TOOLS_BIN names, to test an installation.
  static let executables: String = {
    if let folder = ProcessInfo.processInfo.environment["FM_TOOLS_BIN"] { return folder }
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
    // On Linux the tests are an executable among the others, on macOS a bundle among them.
    return bundle.map { ($0.bundlePath as NSString).deletingLastPathComponent } ?? Bundle.main.bundlePath
  }()

  /// The repository.
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private static let environment: [String: String] = {
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = "\(executables):\(environment["PATH"] ?? "/usr/bin:/bin")"
    environment["NO_COLOR"] = nil
    return environment
  }()

  /// Starts one of the commands in the folder.
  func start(
    _ command: String, _ arguments: [String], input: ProcessInput = .nothing, output: ProcessOutput = .pipe,
    environment: [String: String] = [:]
  ) throws -> ChildProcess {
    let executable = command.contains("/") ? command : "\(Self.executables)/\(command)"
    return try ChildProcess(
      executable, arguments, in: path, environment: Self.environment.merging(environment) { $1 },
      input: inFolder(input), output: inFolder(output))
  }

  /// Runs one of the commands in the folder.
  func run(
    _ command: String, _ arguments: String..., input: ProcessInput = .nothing, output: ProcessOutput = .pipe
  ) throws -> Outcome {
    try start(command, arguments, input: input, output: output).finish()
  }

  /// Runs a script in bash as a user would type it, with `arguments` as `$1` and so on.
  func shell(_ script: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws
    -> Outcome
  {
    try start("/bin/bash", ["-c", script, "bash"] + arguments, environment: environment).finish()
  }

  /// Writes a file.
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: inFolder(name)))
  }

  func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: inFolder(name))))
  }

  func text(of name: String) throws -> String { String(decoding: try bytes(of: name), as: UTF8.self) }

  /// The names of the folder's entries in order, including hidden ones.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  private func inFolder(_ name: String) -> String { name.hasPrefix("/") ? name : "\(path)/\(name)" }

  private func inFolder(_ input: ProcessInput) -> ProcessInput {
    if case .file(let name) = input { .file(inFolder(name)) } else { input }
  }

  private func inFolder(_ output: ProcessOutput) -> ProcessOutput {
    if case .file(let name) = output { .file(inFolder(name)) } else { output }
  }
}
