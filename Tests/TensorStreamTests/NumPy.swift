// Runs Python if it has NumPy.
import Foundation

/// The installed NumPy.
enum NumPy {
  /// The Python to run: `FM_TOOLS_PYTHON`, or `python3` on the path.
  private static let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"

  /// Whether Python has a NumPy that writes headers like NumPy 2, with room for the first axis to grow. All versions do
  /// from 1.24 on, which is that of Debian 12.
  static let isFound: Bool =
    (try? run(["-c", "from numpy.lib import format; assert format.GROWTH_AXIS_MAX_DIGITS == 21"])) != nil

  struct Failed: Error {
    let status: Int32
    let message: String
  }

  /// The end of the child that is a pipe, as between two commands. The other end is a file.
  enum Pipe {
    case none, input, output
  }

  /// Runs Python and returns what it wrote to standard output.
  ///
  /// The output goes to files, which a child can fill however slowly its parent reads.
  static func run(_ arguments: [String], input: [UInt8] = [], pipe: Pipe = .none) throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func file(_ name: String, _ content: [UInt8] = []) throws -> FileHandle {
      let url = folder.appendingPathComponent(name)
      try Data(content).write(to: url)
      return try FileHandle(forUpdating: url)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let script =
      switch pipe {
      case .none: "exec \"$@\""
      case .input: "cat | \"$@\""
      case .output: "\"$@\" | cat"
      }
    process.arguments = ["-c", script, "sh", python] + arguments
    // Names and messages are UTF-8 in every locale, and no .pyc file is left among the fixtures.
    process.environment = ProcessInfo.processInfo.environment
      .merging(["PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    process.standardInput = try file("input", input)
    process.standardOutput = try file("output")
    process.standardError = try file("errors")
    try process.run()
    process.waitUntilExit()
    let message = try Data(contentsOf: folder.appendingPathComponent("errors"))
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failed(status: process.terminationStatus, message: String(decoding: message, as: UTF8.self))
    }
    return Array(try Data(contentsOf: folder.appendingPathComponent("output")))
  }
}

/// The URL of a file among the fixtures.
func fixture(_ name: String) -> URL {
  Bundle.module.resourceURL!.appendingPathComponent("Fixtures").appendingPathComponent(name)
}
