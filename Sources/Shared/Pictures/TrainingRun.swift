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

  /// The epoch whose weights were kept.
  public var best: Epoch? { epochs.last { $0.isBest } }

  /// A line an epoch and some more, each of a few hundred bytes: this is years of training.
  static let byteLimit = 256 << 20

  /// Reads a log. Of several lines of one epoch, which a run has that was resumed, the last counts. A last line that is not
  /// ended is left out: the run may be going on. Throws ``TrainingLogError`` or `FileError`.
  public init(_ source: some ByteSource) throws {
    name = source.name
    let bytes = try source.readAll(limit: Self.byteLimit)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    var found: [Int: Epoch] = [:]
    for (index, line) in lines.enumerated() {
      do throws(LogProblem) {
        try take(line, &found)
      } catch {
        throw TrainingLogError.line(name: name, number: index + 1, error)
      }
    }
    epochs = found.values.sorted { $0.number < $1.number }
    if epochs.isEmpty && steps.isEmpty { throw TrainingLogError.nothing(name: name) }
    if !epochs.isEmpty && !steps.isEmpty { throw TrainingLogError.both(name: name) }
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
      found[epoch.number] = epoch
    case "step": steps.append(try Step(event))
    case "suggestion": suggestion = event["learning_rate"]?.doubleValue.flatMap { $0 > 0 ? $0 : nil }
    case nil: throw .noEvent
    // `start`, `end` and what later versions add.
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
    training = .init(
      loss: try double(event, "training_loss"), accuracy: try double(event, "training_accuracy"))
    if event["validation_loss"] != nil {
      heldOut = .init(
        loss: try double(event, "validation_loss"), accuracy: try double(event, "validation_accuracy"))
    }
    isBest = event["best"] == .boolean(true)
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

private func double(_ event: JSONValue, _ key: String) throws(LogProblem) -> Double {
  guard let value = event[key]?.doubleValue, value.magnitude < 1e100 else { throw .noNumber(key) }
  return value
}

/// What can be wrong with a line of a log.
public enum LogProblem: Error, Equatable, Sendable {
  case notJSON(JSONError)
  case noEvent
  case noNumber(String)
}

/// Why a log cannot be drawn.
public enum TrainingLogError: Failure, Equatable {
  case line(name: String, number: Int, LogProblem)
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
      }
    case .nothing(let name):
      "\(name): expected epochs or steps of a training, found none; is it the log of 'fm-train --log'?"
    case .both(let name):
      "\(name): found epochs of a training and steps of --lr-find; keep the two in logs of their own"
    case .mixed(let training, let test):
      "\(test) is a log of --lr-find and \(training) of a training; draw them in two pictures"
    }
  }
}
