// A network judged by records that it does not learn from at that moment: no dropout, no gradient.

import ByteIO
import Compute
import Execution
import Inference

extension Network {
  /// The figures of all records, of answers averaged over views where there is memory for that. Throws ``FileError``.
  ///
  /// With `weights`, [classes], a record's loss counts as that of its class says; accuracy does not. The mean recall is told
  /// where `byClass`.
  func figures(
    of data: Dataset, averaging memory: ViewMemory? = nil, weights: [Float]? = nil, byClass: Bool = false
  ) throws(FileError) -> Figures {
    var sums = BatchResult.nothing
    var recalls = ClassRecalls(classCount: architecture.classCount)
    try data.forEachBatch(of: batchCapacity) { batch, start in
      data.labels[start..<start + batch.count].withUnsafeBufferPointer { own in
        let rows = forward(batch, averaging: memory)
        sums += judge(
          rows, labels: own, weights: weights.map { weights in own.map { weights[Int($0)] } },
          batch: batch.count)
        if byClass { recalls.add(own, areCorrect, probabilities: rows) }
      }
    }
    return Figures(
      loss: sums.loss, accuracy: Double(sums.correctCount) / Double(data.count),
      macroRecall: byClass ? recalls.mean : nil)
  }

  /// The mean loss of a batch of records, given by their indexes, with their labels. Throws ``FileError``.
  func loss(
    of data: Dataset, _ indexes: ArraySlice<Int>, _ labels: ArraySlice<UInt8>
  ) throws(FileError) -> Double {
    try data.store.withBatch(indexes) { batch in
      labels.withUnsafeBufferPointer { judge(forward(batch), labels: $0, batch: batch.count).loss }
    }
  }
}

/// How many records of each class were answered right.
private struct ClassRecalls {
  private var counts: [Int]
  private var correct: [Int]
  /// Whether some record was given the class by mistake.
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

  /// The mean of the recalls of the classes that occur, among the true ones or the answers, as fm-eval has it: the recall of a
  /// class that is only answered is 0.
  var mean: Double {
    let occurring = counts.indices.filter { counts[$0] > 0 || isMistaken[$0] }
    let sum = occurring.reduce(0) { $0 + (counts[$1] > 0 ? Double(correct[$1]) / Double(counts[$1]) : 0) }
    return sum / Double(occurring.count)
  }
}
