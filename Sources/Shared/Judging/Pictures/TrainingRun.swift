// A run's log (fm-train --log), read again.
import ByteIO
import JSON

/// What a log tells: the epochs of a training, or the steps of a learning-rate range test.
public struct TrainingRun: Equatable, Sendable {
  public struct Epoch: Equatable, Sendable {
    public var number: Int
    public var learningRate: Double
    public var training: Score
    /// `nil` where no images were held out.
    public var heldOut: Score?
    /// Whether there was none better before.
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

  /// What messages call the log.
  public let name: String
  /// In their order.
  public private(set) var epochs: [Epoch] = []
  public private(set) var steps: [Step] = []
  /// The learning rate that a range test suggests.
  public private(set) var suggestion: Double?

  /// Whether the run is over, as far as the log says: one that was killed does not say so.
  public private(set) var hasEnded = false

  /// The epoch whose weights were kept.
  public var best: Epoch? { epochs.last { $0.isBest } }

  /// The number of the last line, if the log ends inside it; the run is drawn without.
  public private(set) var cutLine: Int?
  // The last epoch or step since the run was begun or resumed.
  private var lastEpoch = 0
  private var lastStep = 0

  /// A line an epoch and some more, each of a few hundred bytes: this is years of training.
  static let byteLimit = 256 << 20

  /// Reads a log. Of several lines of one epoch, which a run has that was resumed, the last counts. A last line that is not
  /// whole is left out, and ``cutLine`` tells so: the run may be going on, or was killed. Throws ``TrainingLogError`` or
  /// `FileError`.
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
        try take(withoutMark(line), &found)
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

  /// Of what is no text, no line says anything.
  private static func checkKind(_ bytes: [UInt8], name: String) throws(TrainingLogError) {
    let kind = FileKind(firstBytes: Array(bytes.prefix(FileKind.byteCount)))
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
      // The last that a range test says.
      hasEnded = true
    case nil: throw .noEvent
    // What later versions add.
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
    // It goes on an axis of logarithms.
    if learningRate <= 0 { throw .noNumber("learning_rate") }
  }
}

/// A number from 0 to `limit`. Rounded sums of logarithms may be a little below 0.
private func double(
  _ event: JSONValue, _ key: String, through limit: Double = 1e100
) throws(LogProblem) -> Double {
  guard let value = event[key]?.doubleValue, -1e-6...limit + 1e-6 ~= value else { throw .noNumber(key) }
  return value
}

/// The line without a byte-order mark, which logs that were put together may have anywhere.
private func withoutMark(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
}

/// What can be wrong with a line of a log.
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
  /// `found` are words for it, with a remedy.
  case foreign(name: String, found: String)
  case nothing(name: String)
  case both(name: String)
  case mixed(training: String, test: String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .line(let name, let number, let problem):
      switch problem {
      case .notJSON(let error):
        "\(name): line \(number): expected a line of 'fm-train --log', a JSON object: \(error)"
      case .noEvent: "\(name): line \(number): expected a line of 'fm-train --log', found no \"event\" in it"
      case .noNumber(let key):
        "\(name): line \(number): expected a number as \"\(key)\", found none, or one out of range"
      case .epochOrder(let epoch, let last):
        "\(name): line \(number): found epoch \(epoch) after epoch \(last), and no \"resume\" between them; keep the logs"
          + " of several runs in files of their own"
      case .stepOrder(let step, let last):
        "\(name): line \(number): found step \(step) after step \(last); keep the logs of several runs in files of their own"
      }
    case .foreign(let name, let found): "\(name): expected a log of 'fm-train --log', found \(found)"
    case .nothing(let name):
      "\(name): expected epochs or steps of a training, found none; is it the log of 'fm-train --log'?"
    case .both(let name):
      "\(name): found epochs of a training and steps of --lr-find; keep the two in logs of their own"
    case .mixed(let training, let test):
      "\(test) is a log of --lr-find and \(training) of a training; draw them in two pictures"
    }
  }
}
