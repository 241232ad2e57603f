// Verifies the ends of a stream: they must agree with the records that were read, and with each other.

/// A running summary of a stream: of the current segment, and of all segments before it.
struct StreamAudit {
  /// The class names from the ends so far.
  private(set) var classes: [String]?
  /// The command lines from the ends so far, each once.
  private(set) var history: [String] = []
  /// The recipe from the ends so far.
  private(set) var recipe: RecordedRecipe?
  /// The number of ends so far.
  private(set) var segmentCount = 0

  private var recordCount = 0
  private var checksum = CRC32()
  /// The largest label of all segments and its place. It is compared with the class names, which are known only at an
  /// end.
  private var largestLabel: (value: UInt8, place: StreamPlace)?

  /// Counts records that were read and updates their checksum.
  ///
  /// - Complexity: O(n) for n bytes.
  mutating func add(_ records: UnsafeRawBufferPointer, count: Int) {
    recordCount += count
    checksum.update(records)
  }

  /// Updates the largest label. `place` is the place of the first label, `stride` the distance to the next in bytes.
  ///
  /// - Complexity: O(n) for n labels.
  mutating func add(labels: ArraySlice<UInt8>, place: StreamPlace, stride: Int) {
    guard let largest = labels.max(), largest > (largestLabel?.value ?? 0) || largestLabel == nil,
      let index = labels.firstIndex(of: largest)
    else { return }
    var place = place
    place.offset += (index - labels.startIndex) * stride
    largestLabel = (largest, place)
  }

  /// Compares an end with the records before it and with earlier ends, and begins the next segment. `classCount` is the
  /// number of probabilities of predictions; `nil` for images.
  mutating func close(with end: StreamEnd, at place: StreamPlace, classCount: Int?) throws(StreamError) {
    guard end.recordCount == recordCount else {
      throw .end(place, .recordCountDiffers(claimed: end.recordCount, found: recordCount))
    }
    guard end.checksum == checksum.value else {
      throw .end(place, .checksumDiffers(claimed: end.checksum, found: checksum.value))
    }
    if let earlier = classes, let later = end.classes, earlier != later {
      throw .end(place, .classesChange(ClassDifference(found: later, wanted: earlier)))
    }
    classes = classes ?? end.classes
    guard RecordedRecipe.agree(recipe, end.recipe) else {
      throw .end(place, .recipeChanges(earlier: recipe, later: end.recipe))
    }
    recipe = RecordedRecipe.joined(recipe, end.recipe)
    if let classes { try check(classes, place, classCount) }
    for line in end.history where !history.contains(line) { history.append(line) }
    segmentCount += 1
    recordCount = 0
    checksum = CRC32()
  }

  private func check(_ classes: [String], _ place: StreamPlace, _ classCount: Int?) throws(StreamError) {
    if let classCount, classCount != classes.count {
      throw .end(place, .classCountDiffers(predictions: classCount, names: classes.count))
    }
    if let largestLabel, largestLabel.value >= classes.count {
      throw .record(
        largestLabel.place, .labelTooLarge(label: largestLabel.value, classCount: classes.count))
    }
  }
}
