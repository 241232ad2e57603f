// Judges a network on records without learning from them: no dropout, no gradient.

import ByteIO
import Compute
import Execution
import Inference

extension Network {
  /// Returns the figures of all records, averaging answers over views if `memory` is given. If several processes learn
  /// together, they divide the batches among them, and all get all figures. Throws ``FileError``.
  ///
  /// `weights`, [classes], weight the losses of records by their classes, but not the accuracy. `byClass` adds the mean
  /// recall.
  ///
  /// - Complexity: A forward pass for each record and view, divided by the number of processes.
  func figures(
    of data: Dataset, averaging memory: ViewMemory? = nil, weights: [Float]? = nil, byClass: Bool = false
  ) throws(FileError) -> TrainingFigures {
    var results = [BatchResult](repeating: .nothing, count: (data.count + batchCapacity - 1) / batchCapacity)
    var recalls = ClassRecalls(classCount: architecture.classCount)
    let (rank, processes) = (peers?.rank ?? 0, peers?.count ?? 1)
    let own = results.count * rank / processes..<results.count * (rank + 1) / processes
    try data.forEachBatch(of: batchCapacity, batches: own) { batch, start in
      data.labels[start..<start + batch.count].withUnsafeBufferPointer { own in
        let rows = forward(batch, averaging: memory)
        results[start / batchCapacity] = judge(
          rows, labels: own, weights: weights.map { weights in own.map { weights[Int($0)] } },
          batch: batch.count)
        if byClass { recalls.add(own, areCorrect, probabilities: rows) }
      }
    }
    if let peers {
      peers.gather(&results)
      if byClass { recalls.addThose(of: peers) }
    }
    let sums = results.reduce(into: BatchResult.nothing) { $0 += $1 }
    return TrainingFigures(
      loss: sums.loss, accuracy: Double(sums.correctCount) / Double(data.count),
      macroRecall: byClass ? recalls.mean : nil)
  }

  /// Returns the mean loss of a batch of records, given by their indexes and with their labels. Throws ``FileError``.
  ///
  /// - Complexity: A forward pass for each record.
  func loss(
    of data: Dataset, _ indexes: ArraySlice<Int>, _ labels: ArraySlice<UInt8>
  ) throws(FileError) -> Double {
    try data.store.withBatch(indexes) { batch in
      labels.withUnsafeBufferPointer { judge(forward(batch), labels: $0, batch: batch.count).loss }
    }
  }
}

/// Counts how many records of each class were answered right.
private struct ClassRecalls {
  private var counts: [Int]
  private var correct: [Int]
  /// Whether a record of another class was given this class.
  private var isMistaken: [Bool]

  init(classCount: Int) {
    counts = Array(repeating: 0, count: classCount)
    correct = counts
    isMistaken = Array(repeating: false, count: classCount)
  }

  /// Adds a batch; `probabilities` are [batch, classes].
  mutating func add(
    _ labels: UnsafeBufferPointer<UInt8>, _ areCorrect: UnsafeBufferPointer<Bool>, probabilities: Rows
  ) {
    for (position, label) in labels.enumerated() {
      counts[Int(label)] += 1
      if areCorrect[position] {
        correct[Int(label)] += 1
      } else {
        let start = position * probabilities.stride
        let row = UnsafeBufferPointer(rebasing: probabilities.floats[start..<start + counts.count])
        if let answer = row.indices.max(by: { row[$0] < row[$1] }) { isMistaken[answer] = true }
      }
    }
  }

  /// Adds the counts of the other processes.
  mutating func addThose(of peers: any BatchPeers) {
    let classCount = counts.count
    var all = [Int](repeating: 0, count: peers.count * 3 * classCount)
    let own = counts + correct + isMistaken.map { $0 ? 1 : 0 }
    all.replaceSubrange(peers.rank * own.count..<(peers.rank + 1) * own.count, with: own)
    peers.gather(&all)
    for label in 0..<classCount {
      let sums = (0..<3).map { kind in
        (0..<peers.count).reduce(0) { $0 + all[($1 * 3 + kind) * classCount + label] }
      }
      (counts[label], correct[label], isMistaken[label]) = (sums[0], sums[1], sums[2] > 0)
    }
  }

  /// The mean of the recalls of the classes that occur among the true ones or the answers, as in fm-eval. A class that
  /// occurs only among the answers has a recall of 0.
  var mean: Double {
    let occurring = counts.indices.filter { counts[$0] > 0 || isMistaken[$0] }
    let sum = occurring.reduce(0) { $0 + (counts[$1] > 0 ? Double(correct[$1]) / Double(counts[$1]) : 0) }
    return sum / Double(occurring.count)
  }
}
