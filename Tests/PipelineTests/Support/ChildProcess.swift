// Starts processes as a shell does: each in a folder of its own, with its own standard streams and default signals.
//
// Foundation's Process is not used: it cannot give a child SIGPIPE's default action while the tests ignore that signal,
// and its pipes would need draining by hand anyway.
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a process ended.
enum Ending: Equatable {
  case exited(Int32)
  case killed(signal: Int32)
  /// The tests killed it, because it ran far longer than any command here takes.
  case hung
}

/// How a process ended, and everything it wrote.
struct Outcome {
  var ending: Ending
  var output: [UInt8]
  var messages: [UInt8]

  var text: String { String(decoding: output, as: UTF8.self) }
  var messageText: String { String(decoding: messages, as: UTF8.self) }
  /// The lines on standard error.
  var messageLines: [Substring] {
    messageText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }
}

/// The standard input of a process.
enum ProcessInput {
  /// `/dev/null`.
  case nothing
  case file(String)
  /// A pipe that delivers these bytes and then ends.
  case bytes([UInt8])
  case descriptor(Int32)
}

/// The standard output of a process.
enum ProcessOutput {
  /// A pipe that is drained.
  case pipe
  case file(String)
  case descriptor(Int32)
}

/// A child process. Waiting for it drains its output and its messages, separately and as bytes.
final class ChildProcess {
  private let identifier: pid_t
  private var input: Descriptor?
  private var pendingInput: ArraySlice<UInt8>
  private var outputEnd: Descriptor?
  private var messagesEnd: Descriptor?
  private(set) var output: [UInt8] = []
  private(set) var messages: [UInt8] = []
  private var isHung = false
  private let deadline = ContinuousClock.now + .seconds(240)

  init(
    _ executable: String, _ arguments: [String], in folder: String, environment: [String: String],
    input: ProcessInput = .nothing, output: ProcessOutput = .pipe
  ) throws {
    ignoreBrokenPipes
    var streams: [(ours: Descriptor?, theirs: Descriptor)] = []
    pendingInput = []
    switch input {
    case .nothing: streams.append((nil, try .opening("/dev/null", O_RDONLY)))
    case .file(let path): streams.append((nil, try .opening(path, O_RDONLY)))
    case .descriptor(let number): streams.append((nil, try .copy(of: number)))
    case .bytes(let bytes):
      let (reader, writer) = try Descriptor.pipe()
      try writer.makeNonblocking()
      streams.append((writer, reader))
      pendingInput = bytes[...]
    }
    switch output {
    case .file(let path): streams.append((nil, try .opening(path, O_WRONLY | O_CREAT | O_TRUNC)))
    case .descriptor(let number): streams.append((nil, try .copy(of: number)))
    case .pipe:
      let (reader, writer) = try Descriptor.pipe()
      streams.append((reader, writer))
    }
    let (reader, writer) = try Descriptor.pipe()
    streams.append((reader, writer))

    identifier = try spawn(
      executable, arguments, in: folder, environment: environment, streams: streams.map(\.theirs.number))
    (self.input, outputEnd, messagesEnd) = (streams[0].ours, streams[1].ours, streams[2].ours)
  }

  func send(signal: Int32) { kill(identifier, signal) }

  /// Stops reading the child's output: its next write finds the pipe closed.
  func closeOutput() { outputEnd = nil }

  /// Stops reading the child's standard error.
  func closeMessages() { messagesEnd = nil }

  /// Drains the child until `isReached` returns true. Returns false if the child ends or hangs first.
  func drain(until isReached: (ChildProcess) throws -> Bool) throws -> Bool {
    while try !isReached(self) {
      if outputEnd == nil && messagesEnd == nil && input == nil || isHung { return false }
      try drainOnce()
    }
    return true
  }

  /// The child's peak memory in bytes; `nil` when it has ended. Linux only.
  var peakMemory: Int? { statusValue("VmHWM:").map { $0 << 10 } }

  /// The number of the child's threads; `nil` when it has ended. Linux only.
  var threadCount: Int? { statusValue("Threads:") }

  private func statusValue(_ key: String) -> Int? {
    let status = try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  }

  /// Drains the child until it ends, and returns its outcome. Calls `watch` repeatedly meanwhile.
  func finish(watching watch: (ChildProcess) -> Void = { _ in }) throws -> Outcome {
    _ = try drain {
      watch($0)
      return false
    }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 {
      if errno != EINTR { throw SystemFailure("waitpid") }
    }
    // wait(2)'s macros are not visible to Swift: the low 7 bits are the signal, the next byte is the exit status.
    let ending: Ending =
      if isHung { .hung } else if status & 0x7f == 0 { .exited(status >> 8 & 0xff) } else {
        .killed(signal: status & 0x7f)
      }
    return Outcome(ending: ending, output: output, messages: messages)
  }

  private func drainOnce() throws {
    var polled = [
      pollfd(fd: input?.number ?? -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: outputEnd?.number ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: messagesEnd?.number ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&polled, nfds_t(polled.count), 100)
    if count < 0 && errno != EINTR { throw SystemFailure("poll") }
    if ContinuousClock.now > deadline {
      isHung = true
      kill(identifier, SIGKILL)
    }
    guard count > 0 else { return }
    if polled[0].revents != 0 { feed() }
    if polled[1].revents != 0, try !outputEnd!.read(into: &output) { outputEnd = nil }
    if polled[2].revents != 0, try !messagesEnd!.read(into: &messages) { messagesEnd = nil }
  }

  /// Writes as much of the input as the pipe takes. A child may close its input before it has read everything.
  private func feed() {
    let count = pendingInput.withUnsafeBytes { write(input!.number, $0.baseAddress, $0.count) }
    if count > 0 { pendingInput = pendingInput.dropFirst(count) }
    if pendingInput.isEmpty || count < 0 && errno != EAGAIN && errno != EINTR { input = nil }
  }
}

/// Ignores SIGPIPE, once per test process: writing to a child that has ended fails instead of killing the tests.
private let ignoreBrokenPipes: Void = {
  signal(SIGPIPE, SIG_IGN)
}()

private func spawn(
  _ executable: String, _ arguments: [String], in folder: String, environment: [String: String],
  streams: [Int32]
) throws -> pid_t {
  #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
  #else
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
  #endif
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }

  for (target, descriptor) in streams.enumerated() {
    posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
  }
  var defaults = sigset_t()
  sigemptyset(&defaults)
  for number in [SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP] { sigaddset(&defaults, number) }
  posix_spawnattr_setsigdefault(&attributes, &defaults)
  var blocked = sigset_t()
  sigemptyset(&blocked)
  posix_spawnattr_setsigmask(&attributes, &blocked)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

  // The C library's call for starting a child in another folder is an extension that Swift does not import.
  let wrapped = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, folder, executable] + arguments
  let argumentPointers = wrapped.map { strdup($0) } + [nil]
  let environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
  var identifier: pid_t = 0
  noChildStarts.lock()
  defer { noChildStarts.unlock() }
  let error = posix_spawn(
    &identifier, "/bin/sh", &actions, &attributes, argumentPointers, environmentPointers)
  if error != 0 { throw SystemFailure("posix_spawn \(executable)", error) }
  return identifier
}
