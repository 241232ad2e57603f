// Reads the log of a run (fm-train --log).
import ByteIO
import JSON

/// The content of a log: the epochs of a training run, or the steps of a learning-rate range test.
public struct TrainingRun: Equatable, Sendable {
  public struct Epoch: Equatable, Sendable {
    public var number: Int
    public var learningRate: Double
    public var training: Score
    /// The score on the held-out images; `nil` if no images were held out.
    public var heldOut: Score?
    /// Whether no earlier epoch was better.
    public var isBest: Bool
  }

  public struct Score: Equatable, Sendable {
    public var loss: Double
    public var accuracy: Double
  }

  public struct Step: Equatable, Sendable {
    public var learningRate: Double
    public var loss: Double
  }

  /// The name of the log in messages.
  public let name: String
  /// The epochs of a training run, in ascending order; empty for a range test.
  public private(set) var epochs: [Epoch] = []
  /// The steps of a range test, in the order of the log; empty for a training run.
  public private(set) var steps: [Step] = []
  /// The learning rate that a range test suggests, if any.
  public private(set) var suggestion: Double?

  /// Whether the log says that the run has ended. The log of a run that was killed does not.
  public private(set) var hasEnded = false

  /// The epoch whose weights were kept.
  public var best: Epoch? { epochs.last { $0.isBest } }

  /// The number of the last line, from 1, if the log ends inside it. The run is drawn without this line.
  public private(set) var cutLine: Int?
  // The numbers of the latest epoch since the run began or was resumed, and of the latest step.
  private var lastEpoch = 0
  private var lastStep = 0

  /// The maximum size of a log in bytes. Its lines have a few hundred bytes, and there is little more than one for each
  /// epoch, so this is years of training.
  static let byteLimit = 256 << 20

  /// Reads a log. If an epoch has several lines, because the run was resumed, the last one counts. A truncated last
  /// line is left out and reported in ``cutLine``: the run may be writing it, or was killed. Throws
  /// ``TrainingLogError`` or `FileError`.
  ///
  /// - Complexity: O(b + e log e) for b bytes with e epochs. Memory is that of the bytes and of the epochs or steps.
  public init(_ source: some ByteSource) throws {
    name = source.name
    let bytes = try source.readAll(limit: Self.byteLimit)
    try Self.checkKind(bytes, name: name)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var found: [Int: Epoch] = [:]
    for (index, line) in lines.enumerated() {
      let isEnded = index + 1 < lines.count
      if !isEnded && line.isEmpty { continue }
      do throws(LogProblem) {
        // Any line of concatenated logs can have a byte-order mark.
        try take(line.withoutByteOrderMark, &found)
      } catch {
        if !isEnded, case .notJSON = error {
          cutLine = index + 1
        } else {
          throw TrainingLogError.line(name: name, number: index + 1, error)
        }
      }
    }
    epochs = found.values.sorted { $0.number < $1.number }
    if epochs.isEmpty && steps.isEmpty { throw TrainingLogError.nothing(name: name) }
    if !epochs.isEmpty && !steps.isEmpty { throw TrainingLogError.both(name: name) }
  }

  /// Refuses a file that is not text. A message about one of its lines would not help.
  private static func checkKind(_ bytes: [UInt8], name: String) throws(TrainingLogError) {
    let kind = FileKind(firstBytes: bytes)
    if kind == .empty || kind == .text || FileKind.isJSON(bytes) { return }
    throw .foreign(name: name, found: FileKind.found(bytes))
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ found: inout [Int: Epoch]) throws(LogProblem) {
    let event: JSONValue
    do {
      event = try JSONValue(parsing: line)
    } catch {
      throw .notJSON(error)
    }
    switch event["event"]?.stringValue {
    case "epoch":
      let epoch = try Epoch(event)
      guard epoch.number > lastEpoch else { throw .epochOrder(epoch.number, after: lastEpoch) }
      lastEpoch = epoch.number
      found[epoch.number] = epoch
    case "start": hasEnded = false
    case "resume": (lastEpoch, hasEnded) = (0, false)
    case "end": hasEnded = true
    case "step":
      steps.append(try Step(event))
      guard let number = event["step"]?.integerValue else { break }
      guard number > lastStep else { throw .stepOrder(number, after: lastStep) }
      lastStep = number
    case "suggestion":
      suggestion = event["learning_rate"]?.doubleValue.flatMap { $0 > 0 ? $0 : nil }
      // A range test writes its suggestion last.
      hasEnded = true
    case nil: throw .noEvent
    // Later versions may add other events.
    default: break
    }
  }
}

extension TrainingRun.Epoch {
  fileprivate init(_ event: JSONValue) throws(LogProblem) {
    guard let number = event["epoch"]?.integerValue, 1...1_000_000_000 ~= number else {
      throw .noNumber("epoch")
    }
    self.number = number
    learningRate = try double(event, "learning_rate")
    training = try .init(event, "training")
    if event["validation_loss"] != nil || event["validation_accuracy"] != nil {
      heldOut = try .init(event, "validation")
    }
    isBest = event["best"] == .boolean(true)
  }
}

extension TrainingRun.Score {
  fileprivate init(_ event: JSONValue, _ prefix: String) throws(LogProblem) {
    loss = try double(event, "\(prefix)_loss")
    accuracy = try double(event, "\(prefix)_accuracy", through: 1)
  }
}

extension TrainingRun.Step {
  fileprivate init(_ event: JSONValue) throws(LogProblem) {
    learningRate = try double(event, "learning_rate")
    loss = try double(event, "loss")
    // The axis of learning rates is logarithmic.
    if learningRate <= 0 { throw .noNumber("learning_rate") }
  }
}

/// Returns the number of a key, from 0 to `limit`. Rounded sums of logarithms may be a little below 0.
private func double(
  _ event: JSONValue, _ key: String, through limit: Double = 1e100
) throws(LogProblem) -> Double {
  guard let value = event[key]?.doubleValue, -1e-6...limit + 1e-6 ~= value else { throw .noNumber(key) }
  return value
}

/// The errors of a line of a log.
public enum LogProblem: Error, Equatable, Sendable {
  case notJSON(JSONError)
  case noEvent
  case noNumber(String)
  case epochOrder(Int, after: Int)
  case stepOrder(Int, after: Int)
}

/// Why a log cannot be drawn.
public enum TrainingLogError: Failure, Equatable {
  case line(name: String, number: Int, LogProblem)
  /// The log is a file of another kind.
  case foreign(name: String, found: FoundContent)
  case nothing(name: String)
  case both(name: String)
  case mixed(training: String, test: String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .line(let name, let number, let problem):
      switch problem {
      case .notJSON(let error):
        "\(name): line \(number): expected a line of fm-train's log, a JSON object: \(error)"
      case .noEvent: "\(name): line \(number): expected a line of fm-train's log, found no \"event\" in it"
      case .noNumber(let key):
        "\(name): line \(number): expected a number as \"\(key)\", found none, or one out of range"
      case .epochOrder(let epoch, let last):
        "\(name): line \(number): found epoch \(epoch) after epoch \(last) without a \"resume\" between them; keep the"
          + " logs of several runs in separate files"
      case .stepOrder(let step, let last):
        "\(name): line \(number): found step \(step) after step \(last); keep the logs of several runs in separate files"
      }
    case .foreign(let name, let found): "\(name): expected a log of fm-train, found \(found)"
    case .nothing(let name):
      "\(name): expected epochs or steps of a training run, found none"
    case .both(let name):
      "\(name): found epochs of a training run and steps of a range test; keep the two in separate logs"
    case .mixed(let training, let test):
      "\(test) is a log of a range test, but \(training) of a training run; draw them in two charts"
    }
  }
}
