// Pictures that cannot be used: the reasons, and their texts after a picture's name.
import ByteIO
import TensorStream

/// A picture that cannot be used.
public struct BadPicture: Failure {
  /// The picture's name, given or found, as people see it.
  public let displayedName: String
  /// The reason, which follows the name in messages and tables.
  public let reason: String
  public let kind: FailureKind
  /// The error that `reason` puts into words.
  public let cause: any Error

  init(_ picture: FoundPicture, _ error: any Error) {
    displayedName = picture.displayedName
    cause = error
    switch error {
    // The description of an archive's problem begins with the archive's name.
    case let failure as any Failure where failure.description.hasPrefix("\(displayedName): "):
      (reason, kind) = (String(failure.description.dropFirst(displayedName.count + 2)), failure.kind)
    case let failure as any Failure: (reason, kind) = (failure.description, failure.kind)
    case let problem as WholeFileProblem: (reason, kind) = (problem.description, problem.kind)
    case is FolderProblem: (reason, kind) = ("\(error)", .cannotOpen)
    default: (reason, kind) = ("\(error)", .badData)
    }
  }

  public var description: String { "\(displayedName): \(reason)" }
}

extension BadPicture: Equatable {
  /// Whether two pictures have the same name and the same problem, in words.
  public static func == (one: Self, other: Self) -> Bool {
    one.description == other.description && one.kind == other.kind
  }
}

/// Why a line of a list cannot be the name of a file.
public enum NameProblem: Error, CustomStringConvertible {
  case empty
  case tooLong
  case hasNUL

  public var description: String {
    switch self {
    case .empty: "expected the name of a file, found nothing"
    case .tooLong: "expected a name of at most \(StreamLimits.nameByteCount) bytes, found a longer one"
    case .hasNUL: "expected the name of a file, found a NUL in it"
    }
  }
}
