// What to type if the classes of streams, folders and tables are in doubt, or if a stream is something else.
import ByteIO
import CommandLine
import TensorStream

extension ClassOrderError: Remediable {
  public var remedy: String? {
    switch self {
    case .sameNumber: "give both the same name, or list the classes with --classes"
    case .sameText: "use one form throughout, or list the classes with --classes"
    }
  }
}

extension ClassNamesError: Remediable {
  public var remedy: String? { if case .foreign(_, let found) = self { found.remedy } else { nil } }
}

extension StreamError: Remediable {
  public var remedy: String? {
    switch self {
    case .notAStream(_, let start): FileKind.found(start).remedy
    case .end(_, .classesChange), .unwritableEnd(_, .classesChange):
      classNamesRemedy(owner: "the previous segment")
    default: nil
    }
  }
}

/// Returns what to type if a stream's class names are not those of `owner`: `the model`.
public func classNamesRemedy(owner: String) -> String {
  "give png2raw or idx2raw the class names of \(owner) in its order with --classes"
}

/// What to type if a stream's labels have no names, and the model's classes are other numbers.
public let numberedLabelsRemedy =
  "give png2raw or idx2raw the model's class names in its order with --classes"
