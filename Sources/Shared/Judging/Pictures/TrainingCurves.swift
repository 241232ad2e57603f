// The curves of training runs, for pictures and for terminals: values over epochs, and their axes.

/// The curves of some runs.
struct TrainingCurves {
  let runs: [TrainingRun]

  enum Quantity: CaseIterable {
    case loss, accuracy, rate

    var title: String {
      switch self {
      case .loss: "Loss, mean cross-entropy in nats"
      case .accuracy: "Accuracy"
      case .rate: "Learning rate"
      }
    }
  }

  func points(_ run: TrainingRun, _ quantity: Quantity, isHeldOut: Bool) -> [(x: Double, y: Double)] {
    run.epochs.compactMap { epoch in
      value(epoch, quantity, isHeldOut).map { (Double(epoch.number), $0) }
    }
  }

  func value(_ epoch: TrainingRun.Epoch, _ quantity: Quantity, _ isHeldOut: Bool) -> Double? {
    let score = isHeldOut ? epoch.heldOut : epoch.training
    return switch quantity {
    case .loss: score?.loss
    case .accuracy: score.map { 100 * $0.accuracy }
    case .rate: isHeldOut ? nil : epoch.learningRate
    }
  }

  var epochAxis: Axis {
    let numbers = runs.flatMap { $0.epochs.map { Double($0.number) } }
    return Axis(numbers.min() ?? 1, numbers.max() ?? 1, count: 8, endsAtTicks: false, isWhole: true)
  }

  func axis(_ quantity: Quantity) -> Axis {
    let values = runs.flatMap { run in
      run.epochs.flatMap { [value($0, quantity, false), value($0, quantity, true)].compactMap { $0 } }
    }
    let (lowest, highest) = (values.min() ?? 0, values.max() ?? 1)
    switch quantity {
    // The axis begins at zero, the best possible loss.
    case .loss, .rate: return Axis(min(0, lowest), highest > 0 ? highest : 1, count: 5)
    case .accuracy: return Axis(lowest, highest, count: 5, unit: " %")
    }
  }
}
