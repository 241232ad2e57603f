// The order in which a dense network processes images, which must not show in its results.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

@Suite struct ImageExtentTests {
  private let shape = ImageShape(height: 6, width: 5, channels: 2)

  /// An image whose rows 1 ..< 1 + rows and columns 2 ..< 2 + columns are not empty.
  private func image(rows: Int, columns: Int) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: shape.byteCount)
    for y in 1..<1 + rows {
      // One value of each row and of each column is enough.
      image[(y * shape.width + 2 + y % columns) * 2 + y % 2] = 1
    }
    for x in 2..<2 + columns { image[(shape.width + x) * 2 + 1] = 255 }
    return image
  }

  @Test(arguments: [1, 3]) func imagesAreOrderedByRowsAndThenByColumns(jobs: Int) {
    let engine = Engine(instructionSet: .best, jobs: jobs)
    let empty = [UInt8](repeating: 0, count: shape.byteCount)
    let images =
      image(rows: 4, columns: 2) + image(rows: 2, columns: 3) + image(rows: 4, columns: 1) + empty
      + image(rows: 2, columns: 3)
    var order: [Int] = [7]
    var extents = ImageExtents(capacity: 5)
    images.withUnsafeBufferPointer { bytes in
      extents.order(ImageBatch(bytes: bytes, count: 5), shape: shape, engine: engine, into: &order)
    }
    #expect(order == [3, 1, 4, 2, 0])

    var batches = [0, 1, 2, 3, 4]
    extents.sortBatches(of: &batches, size: 3)
    #expect(batches == [1, 2, 0, 3, 4])

    // Two batches measure the same extents.
    var pieces = ImageExtents(capacity: 5)
    images.withUnsafeBufferPointer { bytes in
      pieces.measure(ImageBatch(bytes: bytes, count: 2), shape, engine)
      let rest = UnsafeBufferPointer(rebasing: bytes[(2 * shape.byteCount)...])
      pieces.measure(ImageBatch(bytes: rest, count: 3), from: 2, shape, engine)
    }
    #expect((0..<5).map(pieces.key) == (0..<5).map(extents.key))
  }

  /// 300 images are more than one task of the workers measures.
  @Test(arguments: [1, 2, 5]) func predictionsDoNotDependOnTheBatch(jobs: Int) throws {
    let data = Dataset.pictures(300)
    let architecture = try Architecture(
      specification: "linear:20 relu", input: data.shape, classCount: data.classCount)
    let engine = Engine(instructionSet: .best, jobs: jobs)
    let parameters = Initialization.kaiming.parameters(for: architecture, seed: 3)
    func probabilities(batch: Int) -> [Float] {
      let network = Network(architecture, batchCapacity: batch, forTraining: false, engine: engine)
      network.importParameters(parameters)
      var all: [Float] = []
      for start in stride(from: 0, to: data.count, by: batch) {
        let count = min(batch, data.count - start)
        var some = [Float](repeating: 0, count: count * data.classCount)
        data.images[(start * data.shape.byteCount)...].withUnsafeBufferPointer { bytes in
          some.withUnsafeMutableBufferPointer {
            network.predict(ImageBatch(bytes: bytes, count: count), into: $0)
          }
        }
        all += some
      }
      return all
    }
    let alone = probabilities(batch: 1).map(\.bitPattern)
    for batch in [300, 128, 13] {
      #expect(probabilities(batch: batch).map(\.bitPattern) == alone, "batches of \(batch)")
    }
  }
}
