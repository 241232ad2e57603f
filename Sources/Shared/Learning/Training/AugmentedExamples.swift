// A few training images beside their augmented forms, for a person to look at.

import Compute
import Execution

/// Training images in reading order, row by row: each row has one image as it is, then as it is shown the first times.
public struct AugmentedExamples {
  /// The pixels of each image, [height, width, channels].
  public private(set) var images: [[UInt8]] = []
  public private(set) var labels: [Int] = []

  /// Takes `count` images, or all if there are fewer: the first image of each class, then the second of each, and so
  /// on. `times` is the number of augmented forms of each. Images that are mixed are mixed with each other, as if they
  /// were a batch. Throws ``FileError``.
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

  /// Returns the numbers of all images: the first of each class, the second of each, and so on. Complexity: O(n log n).
  private static func inTurn(_ data: Dataset) -> [Int] {
    var seen = [Int](repeating: 0, count: 256)
    let places = data.labels.enumerated().map { index, label in
      defer { seen[Int(label)] += 1 }
      return (round: seen[Int(label)], label: label, index: index)
    }
    return places.sorted { ($0.round, $0.label) < ($1.round, $1.label) }.map(\.index)
  }
}
