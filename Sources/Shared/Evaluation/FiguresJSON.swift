// Figures as JSON: the keys are the names of the metrics, for gates too.
import JSON

extension Figures {
  /// The members in a fixed order; figures that cannot be computed are absent.
  var members: [JSONValue.Member] {
    func optional(_ key: String, _ value: Double?) -> [JSONValue.Member] {
      value.map { [.init(key, .double($0))] } ?? []
    }
    var members: [JSONValue.Member] = [
      .init("records", .integer(records)),
      .init("correct", .integer(correct)),
      .init("abstained", .integer(abstained)),
      .init("accuracy", .double(accuracy)),
      .init("accuracy_interval", accuracyInterval.json),
    ]
    members += optional("log_loss", logLoss) + optional("brier", brier) + optional("ece", calibrationError)
    members += optional("kappa", kappa) + optional("mcc", matthewsCorrelation)
    if !topShares.isEmpty {
      let shares = topShares.enumerated().map { JSONValue.Member("\($0 + 1)", .double($1)) }
      members.append(.init("top_k", .object(shares)))
    }
    members += [
      .init("macro", .object(macro.members)),
      .init("weighted", .object(weighted.members)),
      .init("classes", .array(classes.map(\.json))),
      .init("confusion", confusion.json),
    ]
    return members
  }
}

extension Interval {
  var json: JSONValue {
    .object([
      .init("confidence", .double(confidence)), .init("lower", .double(lower)),
      .init("upper", .double(upper)),
    ])
  }
}

extension MeanFigures {
  var members: [JSONValue.Member] {
    [
      .init("precision", .double(precision)), .init("recall", .double(recall)), .init("f1", .double(f1)),
    ]
  }
}

extension ClassFigures {
  var json: JSONValue {
    .object([
      .init("name", .string(name)), .init("support", .integer(support)),
      .init("precision", .double(precision)), .init("recall", .double(recall)), .init("f1", .double(f1)),
    ])
  }
}

extension ConfusionMatrix {
  /// A row for each true class.
  var json: JSONValue {
    .array(
      (0..<classCount).map { truth in
        .array((0..<classCount).map { .integer(self[truth, $0]) })
      })
  }
}
