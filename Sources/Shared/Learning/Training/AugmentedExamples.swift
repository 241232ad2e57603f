// A few training images beside what a run makes of them, for a person to look at.

import Compute
import Execution

/// Training images, each as it is and then as the first times show it, in the order in which they are read: row by row.
public struct AugmentedExamples {
  /// [height, width, channels] each.
  public private(set) var images: [[UInt8]] = []
  public private(set) var labels: [Int] = []

  /// `count` images, of all classes in turn, and of each its first; fewer where there are no more. Images that are mixed are
  /// mixed with each other, as if they were a batch. Throws ``FileError``.
  public init(of data: Dataset, _ settings: TrainingSettings, count: Int, times: Int, engine: Engine)
    throws
  {
    let chosen = Array(Self.inTurn(data).prefix(count))
    let byteCount = data.shape.byteCount
    var rows = [[[UInt8]]](repeating: [], count: chosen.count)
    let augmented = AugmentedImages(
      settings.augmentation, shape: data.shape, seed: settings.seed, batchCapacity: chosen.count,
      engine: engine)
    try data.store.withBatch(chosen[...]) { batch in
      for time in 0...times {
        let shown = time == 0 ? batch : augmented?.batch(batch, at: .all(time)) ?? batch
        for row in rows.indices { rows[row].append(Array(shown.image(row, byteCount: byteCount))) }
      }
    }
    images = rows.flatMap { $0 }
    labels = chosen.flatMap { Array(repeating: Int(data.labels[$0]), count: times + 1) }
  }

  /// The numbers of all images: the first of each class, the second of each, and so on.
  private static func inTurn(_ data: Dataset) -> [Int] {
    var seen = [Int](repeating: 0, count: 256)
    let places = data.labels.enumerated().map { index, label in
      defer { seen[Int(label)] += 1 }
      return (round: seen[Int(label)], label: label, index: index)
    }
    return places.sorted { ($0.round, $0.label) < ($1.round, $1.label) }.map(\.index)
  }
}
