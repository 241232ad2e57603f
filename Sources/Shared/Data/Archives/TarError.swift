// The errors of archives and their members, and their texts.
import ByteIO

/// Why an archive cannot be read at all, or not to its end.
public enum TarError: Failure, Equatable {
  case notAnArchive(name: String, found: FoundContent)
  /// `after` is the last member that was found, if any. `problem` is the description by libarchive.
  case damaged(name: String, after: String?, problem: String)
  case noEnd(name: String)
  case outOfMemory

  public var kind: FailureKind { self == .outOfMemory ? .inputOutput : .badData }

  public var description: String {
    switch self {
    case .notAnArchive(let name, let found): "\(name): expected a tar archive, found \(found)"
    case .damaged(let name, let after, let problem):
      "\(name): is damaged or was cut short"
        + (after.map { " in '\($0)' or after it" } ?? " before its first member")
        + ": \(lowercased(problem)); fetch it again"
    case .noEnd(let name):
      "\(name): expected two blocks of zeros after the last member, found the end of the file; it may have been cut short"
    case .outOfMemory: "not enough memory to read a tar archive"
    }
  }

  /// Returns a message of another program as a part of our sentence.
  private func lowercased(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }
}

/// Why a member of an archive cannot be used as a picture. The texts follow its name.
enum MemberProblem: Failure, Equatable {
  case link(target: String)
  case device
  case noName
  case header(String)

  var kind: FailureKind { .badData }

  var description: String {
    switch self {
    case .link(let target):
      "expected a file, found a link to '\(target)'; pack files instead of links, as 'tar -h' does"
    case .device: "expected a file, found a device or a pipe"
    case .noName: "expected the name of a file, found nothing"
    case .header(let problem): "its header is damaged: \(problem)"
    }
  }
}
