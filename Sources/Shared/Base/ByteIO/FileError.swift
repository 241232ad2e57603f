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
  /// The file is complete, at `kept`, and not at its own place.
  case cannotRename(name: String, errno: Int32, kept: String)
  /// The file had to be overwritten in place, and is in part; the whole is at `kept`.
  case cannotOverwrite(name: String, errno: Int32, kept: String)
  /// Another process writes it.
  case isInUse(name: String)
  case tooLarge(name: String, limit: Int)
  /// A file that is read more than once is not what it was.
  case changed(name: String)
  /// An output that would replace a file that was read.
  case isInput(name: String)

  public var kind: FailureKind {
    switch self {
    case .cannotOpen, .inputIsFolder: .cannotOpen
    case .cannotCreate, .outputIsFolder, .isInUse: .cannotCreate
    case .cannotRead, .cannotWrite, .cannotSync, .cannotClose, .cannotRename, .cannotOverwrite, .changed:
      .inputOutput
    case .tooLarge: .badData
    case .isInput: .usage
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
    case .cannotRename(let name, let code, let kept):
      "\(name): cannot be given its contents, which are complete in \(kept): \(reason(code))"
    case .cannotOverwrite(let name, let code, let kept):
      "\(name): is damaged, since it could be overwritten in part only: \(reason(code)); the whole is in \(kept)"
    case .isInUse(let name): "\(name): cannot create: another process writes it; name another file"
    case .isInput(let name): "\(name): is also an input, and would be lost; name another file for the output"
    case .tooLarge(let name, let limit): "\(name): expected at most \(limit) bytes, found more"
    case .changed(let name):
      "\(name): was changed after its first reading; leave it as it is while it is in use, and begin again"
    }
  }

  /// Whether a wish to stop (``StopRequest``) ended the wait for the other end of a pipe.
  public var isInterruption: Bool {
    switch self {
    case .cannotCreate(_, EINTR), .cannotWrite(_, EINTR): true
    default: false
    }
  }

  /// Whether what was written is kept in another file.
  public var keepsContents: Bool {
    switch self {
    case .cannotRename, .cannotOverwrite: true
    default: false
    }
  }

  /// The system's words for an error number: `No such file or directory`. A limit that the shell set is named.
  private func reason(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return code == EFBIG && hasFileSizeLimit ? text + " (there is a limit: 'ulimit -f' shows it)" : text
  }

  private var hasFileSizeLimit: Bool {
    var limit = rlimit()
    #if canImport(Glibc)
      return getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0
        && limit.rlim_cur != rlim_t.max
    #else
      return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
    #endif
  }
}
