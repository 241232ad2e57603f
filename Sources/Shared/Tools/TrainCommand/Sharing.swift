// A run shared by several processes, each of which has the same options and data: checks that they agree, decides which
// process reports and writes, and makes all of them end the same way.

import ByteIO
import CommandLine
import Execution
import ModelFiles
import TensorStream
import Training

/// The processes that share a run.
public protocol RunPeers: BatchPeers {
  /// The host name of this process's machine.
  var host: String { get }
  /// Turns the standard error of all processes but the first on or off.
  func tell(_ isOn: Bool)
  /// Prints a message on standard error and ends all processes with `status`.
  func abort(_ message: String?, status: Int32) -> Never
}

/// This process's place among those that share a run. Without peers, it is the only one.
struct Sharing {
  let peers: (any RunPeers)?

  init(_ peers: (any RunPeers)?) { self.peers = peers }

  private var rank: Int { peers?.rank ?? 0 }

  /// Whether this process writes the files and reports the run.
  var tells: Bool { rank == 0 }

  /// Returns the result of `prepare` if it succeeded in all processes and for the same run. Otherwise all processes
  /// throw the same error: that of the first process that failed, or the difference between two of them.
  func agree(_ prepare: () throws -> PreparedRun) throws -> PreparedRun {
    guard let peers else { return try prepare() }
    let result = Result { try prepare() }
    let reports = Report.gather(Report(result, of: peers), among: peers)
    if let failed = reports.firstIndex(where: { $0.status != 0 }) {
      // An error of process 0 usually occurs in all processes, so it is reported without naming one.
      if case .failure(let error) = result, failed == 0, rank == 0 { throw error }
      throw PeerFailure(rank: failed, report: reports[failed])
    }
    for (other, report) in reports.enumerated() {
      if let difference = report.difference(from: reports[0]) {
        throw PeerMismatch(rank: other, host: report.host, difference: difference)
      }
    }
    peers.tell(true)
    return try result.get()
  }

  /// Ends the run: the first process does `work`, and all end with its result. If a process cannot read its images, it
  /// ends all of them immediately, since the others wait for its part of a batch.
  func finish(_ outcome: TrainingOutcome, _ work: () throws -> Void) throws {
    guard let peers else { return try work() }
    if case .unreadable(let error) = outcome.failure {
      if tells { try? work() }
      peers.abort(FMTrain.message(ofFailure: error), status: ToolStatus(error.kind).rawValue)
    }
    var result: Result<Void, any Error> = .success(())
    if tells { result = Result(catching: work) }
    let first = Report.gather(Report(result, of: peers), among: peers)[0]
    peers.tell(false)
    try result.get()
    if first.status != 0 { throw PeerFailure(rank: 0, report: first) }
  }
}

/// The result of a stage that all processes go through, as each sends it to the others. All reports have the same
/// length:
///
///     status, sums    UInt32, little-endian; a CRC-32 for each of the subjects
///     message, host   UTF-8, padded with zeros
private struct Report {
  /// The bytes of a message and of a host name; longer ones are cut.
  private static let messageLength = 1000
  private static let hostLength = 64
  /// The parts of a run that are compared, as messages call them; `sums` has a checksum for each.
  private static let subjects = [
    "its training images", "its held-out images", "its options", "the model that it begins with",
    "its kernels", "its checkpoint",
  ]

  let status: Int32
  let message: String
  let host: String
  let sums: [UInt32]

  init<Value>(_ result: Result<Value, any Error>, of peers: any RunPeers) {
    host = peers.host
    switch result {
    case .success(let value):
      (status, message) = (0, "")
      sums = (value as? PreparedRun).map(Self.sums) ?? Self.subjects.map { _ in 0 }
    case .failure(let error):
      status = FMTrain.status(ofFailure: error).rawValue
      message = FMTrain.message(ofFailure: error) ?? ""
      sums = Self.subjects.map { _ in 0 }
    }
  }

  private init(status: Int32, message: String, host: String, sums: [UInt32]) {
    (self.status, self.message, self.host, self.sums) = (status, message, host, sums)
  }

  private static func sums(of run: PreparedRun) -> [UInt32] {
    let description = run.heading.run
    return [
      description.training.crc32, description.heldOut?.crc32 ?? 0,
      sum("\(description.architecture.specification) \(description.settings.sorted { $0.key < $1.key })"),
      run.problem.start.parameters?.fingerprint ?? 0, sum(run.heading.instructionSet),
      run.saved?.parameters.fingerprint ?? 0,
    ]
  }

  private static func sum(_ text: String) -> UInt32 {
    var sum = CRC32()
    Array(text.utf8).withUnsafeBytes { sum.update($0) }
    return sum.value
  }

  /// The first subject in which this process's run differs from the other's; `nil` if they agree.
  func difference(from other: Report) -> String? {
    zip(Self.subjects, zip(sums, other.sums)).first { $1.0 != $1.1 }?.0
  }

  /// Exchanges reports with all processes, and returns them in the order of their ranks.
  static func gather(_ own: Report, among peers: any RunPeers) -> [Report] {
    let bytes = own.bytes
    var all = [UInt8](repeating: 0, count: peers.count * bytes.count)
    all.replaceSubrange(peers.rank * bytes.count..<(peers.rank + 1) * bytes.count, with: bytes)
    peers.gather(&all)
    return (0..<peers.count).map { Report(bytes: all[$0 * bytes.count..<($0 + 1) * bytes.count]) }
  }

  private var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for number in [UInt32(bitPattern: status)] + sums {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    for (text, length) in [(message, Self.messageLength), (host, Self.hostLength)] {
      let used = text.utf8.prefix(length)
      bytes += used
      bytes += [UInt8](repeating: 0, count: length - used.count)
    }
    return bytes
  }

  private init(bytes: ArraySlice<UInt8>) {
    let count = 1 + Self.subjects.count
    let numbers = (0..<count).map { number in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[bytes.startIndex + 4 * number + $1]) << (8 * $1) }
    }
    func text(_ start: Int, _ length: Int) -> String {
      let first = bytes.startIndex + 4 * count + start
      return String(decoding: bytes[first..<first + length].prefix { $0 != 0 }, as: UTF8.self)
    }
    self.init(
      status: Int32(bitPattern: numbers[0]), message: text(0, Self.messageLength),
      host: text(Self.messageLength, Self.hostLength), sums: Array(numbers[1...]))
  }
}

/// The failure of another process.
struct PeerFailure: Failure {
  private let rank: Int
  private let report: Report

  fileprivate init(rank: Int, report: Report) { (self.rank, self.report) = (rank, report) }

  var kind: FailureKind {
    let kinds: [FailureKind] = [
      .usage, .badData, .cannotOpen, .internalDefect, .cannotCreate, .inputOutput, .interrupted,
    ]
    return kinds.first { ToolStatus($0).rawValue == report.status } ?? .inputOutput
  }

  var description: String {
    let prefix = FMTrain.name + ": "
    let message =
      report.message.hasPrefix(prefix) ? String(report.message.dropFirst(prefix.count)) : report.message
    return "process \(rank) on \(report.host): \(message)"
  }
}

/// A process whose data, options or kernels differ from those of the first process.
struct PeerMismatch: Failure {
  let rank: Int
  let host: String
  let difference: String

  var kind: FailureKind { .badData }

  var description: String {
    "process \(rank) on \(host): \(difference) \(difference.hasSuffix("s") ? "differ" : "differs") from process 0's; each"
      + " process needs the same files, options and kernels"
  }
}
