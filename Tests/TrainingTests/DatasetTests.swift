// Data sets read from streams, and streams that are refused.

import MemoryStreams
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Training

@Suite struct DatasetTests {
  private func read(_ bytes: [UInt8], step: Int = .max) throws -> Dataset {
    try Dataset(reading: TensorStreamReader(MemorySource(bytes, step: step)))
  }

  @Test(arguments: [1, 2, 100, 5000], [false, true])
  func labelledImagesAreReadWhole(_ count: Int, _ named: Bool) throws {
    let data = Dataset.pictures(count, shape: ImageShape(height: 3, width: 4, channels: 3))
    let bytes = try stream(
      data.records(named: named), classes: ["a", "b", "c", "d"], history: ["idx2raw x", "fm-split"])
    for step in [Int.max, 997] {
      let read = try read(bytes, step: step)
      #expect(read.shape == data.shape)
      #expect(read.count == count)
      #expect(read.images == data.images)
      #expect(read.labels == data.labels)
      #expect(read.classes == ["a", "b", "c", "d"])
      #expect(read.history == ["idx2raw x", "fm-split"])
    }
  }

  @Test func joinedStreamsAreOneDataSet() throws {
    let data = Dataset.pictures(7)
    let bytes = try stream(data.records())
    let read = try read(bytes + bytes)
    #expect(read.images == data.images + data.images)
    #expect(read.labels == data.labels + data.labels)
  }

  @Test func imagesWithoutLabelsAreRefused() throws {
    let bytes = try stream(Dataset.pictures(3).records(labelled: false))
    #expect(throws: DatasetError.noLabels(name: "stdin")) { try read(bytes) }
  }

  @Test func predictionsAreRefused() throws {
    let bytes = try predictionStream()
    #expect(throws: DatasetError.noImages(name: "stdin")) { try read(bytes) }
  }

  @Test func truncatedStreamsAreRefused() throws {
    let bytes = try stream(Dataset.pictures(3).records())
    for count in [0, 1, bytes.count / 2, bytes.count - 1] {
      #expect(throws: StreamError.self, "\(count) bytes of \(bytes.count)") {
        try read(Array(bytes[..<count]))
      }
    }
  }

  @Test func theClassCountComesFromNamesOrElseTheLargestLabel() {
    func classCount(labels: [UInt8], classes: [String]? = nil) -> Int {
      Dataset(
        shape: ImageShape(height: 1, width: 1, channels: 1), images: labels, labels: labels, classes: classes,
        history: []
      ).classCount
    }
    #expect(classCount(labels: [0, 4, 2]) == 5)
    #expect(classCount(labels: [0, 0]) == 2)
    #expect(classCount(labels: [255]) == 256)
    #expect(classCount(labels: [0, 1], classes: ["a", "b", "c"]) == 3)
  }

  @Test func selectedRecordsKeepTheirOrder() {
    let data = Dataset.pictures(5, shape: ImageShape(height: 2, width: 2, channels: 3))
    let selected = data.selecting([4, 0, 0])
    let images = (0..<5).map { Array(data.images[$0 * 12..<($0 + 1) * 12]) }
    #expect(selected.images == images[4] + images[0] + images[0])
    #expect(selected.labels == [data.labels[4], data.labels[0], data.labels[0]])
    #expect(selected.shape == data.shape)
    #expect(data.selecting([]).count == 0)
  }

  @Test(arguments: [
    DatasetError.noImages(name: "x"), .noLabels(name: "x"), .empty(name: "x"),
    .differentShape(
      name: "x", shape: ImageShape(height: 2, width: 3, channels: 1),
      wanted: ImageShape(height: 2, width: 3, channels: 3)),
    .differentClasses(name: "x", ClassDifference(found: ["a"], wanted: ["b"])),
    .unknownLabel(name: "x", label: 7, classCount: 4),
  ])
  func refusalsAreOneLineThatNamesTheInput(_ error: DatasetError) {
    #expect(error.description.hasPrefix("x: "))
    #expect(!error.description.contains("\n"))
    #expect(error.kind == .badData)
  }
}
