// What can go wrong with a file, and how it reads.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a file cannot be read or written. `name` is what people call it: displayed, or `stdin`, `stdout`.
public enum FileError: Failure, Equatable {
  case cannotOpen(name: String, errno: Int32)
  case inputIsFolder(name: String)
  case cannotCreate(name: String, errno: Int32)
  case outputIsFolder(name: String)
  case cannotRead(name: String, errno: Int32)
  case cannotWrite(name: String, errno: Int32)
  case cannotSync(name: String, errno: Int32)
  case cannotClose(name: String, errno: Int32)
  case cannotRename(name: String, errno: Int32)
  case tooLarge(name: String, limit: Int)

  public var kind: FailureKind {
    switch self {
    case .cannotOpen, .inputIsFolder: .cannotOpen
    case .cannotCreate, .outputIsFolder: .cannotCreate
    case .cannotRead, .cannotWrite, .cannotSync, .cannotClose, .cannotRename: .inputOutput
    case .tooLarge: .badData
    }
  }

  public var description: String {
    switch self {
    case .cannotOpen(let name, let code): "\(name): cannot open for reading: \(reason(code))"
    case .inputIsFolder(let name):
      "\(name): expected a file, found a folder; png2raw reads pictures from folders"
    case .cannotCreate(let name, let code): "\(name): cannot create: \(reason(code))"
    case .outputIsFolder(let name): "\(name): cannot create: it is a folder; name a file in it"
    case .cannotRead(let name, let code): "\(name): cannot read: \(reason(code))"
    case .cannotWrite(let name, let code): "\(name): cannot write: \(reason(code))"
    case .cannotSync(let name, let code): "\(name): cannot bring to disk: \(reason(code))"
    case .cannotClose(let name, let code): "\(name): cannot close: \(reason(code))"
    case .cannotRename(let name, let code):
      "\(name): is written, but cannot be given its name: \(reason(code))"
    case .tooLarge(let name, let limit): "\(name): expected at most \(limit) bytes, found more"
    }
  }

  /// The system's words for an error number: `No such file or directory`.
  private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
