// The record of how an output of --output-directory was made, in a file beside it. With it, an interrupted run can be
// run again, and outputs of another model are recognised.

import ByteIO
import TensorStream

/// Describes how an output was made. As text, it has a line for each part, which begins with the kind of the part.
struct ShardRecord: Equatable {
  /// A line for each model, each option, each other file that options name, and the input.
  let lines: [String]
  /// The number of rows without a prediction; `nil` until it is known, which is after the output exists. If a run was
  /// stopped in between, the output is made again.
  var failureCount: Int? = 0

  private static let title = "fm-predict output 1"
  private static let failurePrefix = "failures\t"
  private static let unknown = "unknown"

  init(_ lines: [String]) { self.lines = lines }

  /// Reads the record in a file; `nil` if the file does not exist or is not a record.
  init?(of path: FilePath) {
    guard path.exists, let file = try? InputFile(path: path), let bytes = try? file.readAll(limit: 1 << 20)
    else { return nil }
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    guard lines.first == Self.title else { return nil }
    lines.removeFirst()
    if let last = lines.last, last.hasPrefix(Self.failurePrefix) {
      let count = last.dropFirst(Self.failurePrefix.count)
      failureCount = Int(count)
      guard failureCount != nil || count == Self.unknown else { return nil }
      lines.removeLast()
    }
    self.lines = lines
  }

  func write(to path: FilePath) throws {
    let file = try OutputFile(path: path)
    let failures =
      failureCount == 0 ? [] : [Self.failurePrefix + (failureCount.map(String.init) ?? Self.unknown)]
    try file.write(([Self.title] + lines + failures).joined(separator: "\n") + "\n")
    try file.commit()
  }

  /// Describes in words how this record differs from `other`.
  func difference(from other: ShardRecord) -> String {
    func kinds(_ lines: [String]) -> [String: [String]] {
      Dictionary(grouping: lines) { String($0.prefix { $0 != "\t" }) }
    }
    let (mine, others) = (kinds(lines), kinds(other.lines))
    let names = [("model", "the model"), ("file", "a file that an option names"), ("input", "the input")]
    let different = names.filter { mine[$0.0] != others[$0.0] }.map(\.1)
    return (different.isEmpty ? "the options" : different.joined(separator: " and ")) + " changed"
  }
}

extension ShardRecord {
  /// Returns a line that identifies a file by its size and the CRC-32 of its content.
  /// - Complexity: O(bytes of the file)
  static func line(_ kind: String, contentOf path: FilePath) throws -> String {
    let file = try InputFile(path: path)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { piece.deallocate() }
    var (sum, byteCount) = (CRC32(), 0)
    while case let count = try file.read(into: piece), count > 0 {
      sum.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      byteCount += count
    }
    return "\(kind)\t\(byteCount) bytes, CRC-32 \(checksumText(sum.value))"
  }

  /// Returns a line that identifies an input by its size and modification time: reading its content would take as long
  /// as predicting it.
  static func line(input: InputFile) throws -> String {
    guard let byteCount = input.byteCount, let time = input.modificationTime else {
      throw ShardError.notAFile(name: input.name)
    }
    let fraction = String(time.nanoseconds)
    return
      "input\t\(byteCount) bytes, changed \(time.seconds).\(String(repeating: "0", count: max(0, 9 - fraction.utf8.count)))\(fraction)"
  }
}

/// The reason why an input gets no output.
enum ShardError: Failure, Equatable {
  case notAFile(name: String)
  case exists(name: String)

  var kind: FailureKind {
    switch self {
    case .notAFile: .cannotOpen
    case .exists: .cannotCreate
    }
  }

  var description: String {
    switch self {
    case .notAFile(let name): "\(name): expected a file, found a pipe or a device; write to -o"
    case .exists(let name):
      "\(name): already exists, but nothing says how it was made; remove it, or replace it with --force"
    }
  }
}
