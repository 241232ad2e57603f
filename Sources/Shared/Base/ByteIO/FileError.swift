// The errors of reading and writing files, and their messages.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The reason why a file cannot be read or written. `name` is its displayed name, or `stdin` or `stdout`.
public enum FileError: Failure, Equatable {
  case cannotOpen(name: String, errno: Int32)
  case inputIsFolder(name: String)
  case cannotCreate(name: String, errno: Int32)
  case outputIsFolder(name: String)
  case cannotRead(name: String, errno: Int32)
  case cannotWrite(name: String, errno: Int32)
  case cannotSync(name: String, errno: Int32)
  case cannotClose(name: String, errno: Int32)
  /// The contents are complete, but in the file `kept`, not in their place.
  case cannotRename(name: String, errno: Int32, kept: String)
  /// The file was overwritten in place, but only partly. The complete contents are in the file `kept`.
  case cannotOverwrite(name: String, errno: Int32, kept: String)
  /// Another process is writing the file.
  case isInUse(name: String)
  case tooLarge(name: String, limit: Int)
  /// A file that is read more than once has changed.
  case changed(name: String)
  /// The output would replace a file that was read.
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
      "\(name): expected a file, found a folder"
    case .cannotCreate(let name, let code): "\(name): cannot create: \(reason(code))"
    case .outputIsFolder(let name): "\(name): cannot create: it is a folder; name a file in it"
    case .cannotRead(let name, let code): "\(name): cannot read: \(reason(code))"
    case .cannotWrite(let name, let code): "\(name): cannot write: \(reason(code))"
    case .cannotSync(let name, let code): "\(name): cannot sync to disk: \(reason(code))"
    case .cannotClose(let name, let code): "\(name): cannot close: \(reason(code))"
    case .cannotRename(let name, let code, let kept):
      "\(name): cannot replace: \(reason(code)); the complete output is in \(kept)"
    case .cannotOverwrite(let name, let code, let kept):
      "\(name): is damaged, as only a part could be overwritten: \(reason(code)); the complete output is in \(kept)"
    case .isInUse(let name):
      "\(name): cannot write: another process is writing it; stop that process, or name another file"
    case .isInput(let name): "\(name): is also an input, and would be lost; name another file for the output"
    case .tooLarge(let name, let limit): "\(name): expected at most \(limit) bytes, found more"
    case .changed(let name):
      "\(name): was changed after it was first read; leave it unchanged while it is in use, and start again"
    }
  }

  /// Whether a request to stop (``StopRequest``) ended the wait for the other end of a pipe.
  public var isInterruption: Bool {
    switch self {
    case .cannotCreate(_, EINTR), .cannotWrite(_, EINTR): true
    default: false
    }
  }

  /// Whether the contents are kept in another file.
  public var keepsContents: Bool {
    switch self {
    case .cannotRename, .cannotOverwrite: true
    default: false
    }
  }

  /// Returns the system's message for an error number, and mentions a file size limit if one is set.
  private func reason(_ code: Int32) -> String {
    let text = systemMessage(code)
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

/// Returns the system's message for an error number: `No such file or directory`.
public func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
