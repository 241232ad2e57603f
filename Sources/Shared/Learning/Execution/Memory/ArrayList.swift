// The list of a network's arrays, which is counted first and then allocated.
//
// Every array that a step reads or writes is on this list. The limit on memory (MemoryLimit.swift) and the allocation
// (NetworkMemory.swift) read the same entries. Some arrays are in use only during a part of the backward pass. Those
// whose parts do not overlap share memory.

import Compute
import KernelInterface

/// The index of an array on the list.
struct ArrayID: Equatable {
  fileprivate(set) var index: Int
}

/// The number of copies of an array.
enum Copies: Equatable {
  case one
  /// One for each thread: values that are needed only while an image passes through.
  case worker
  /// One for each image of a batch.
  case image
  /// One for each chunk of a batch, and one for their sum.
  case chunk

  func count(batch: Int, workers: Int, chunks: Int) -> Int {
    switch self {
    case .one: 1
    case .worker: workers
    case .image: batch
    case .chunk: chunks + 1
    }
  }
}

/// An array on the list.
struct PlannedArray: Equatable {
  enum Content: Equatable {
    case floats(Int)
    case bfloats(Int)
    /// A dense layer's operands for the batch, in bfloat16: as rows, as the input's transpose, and as pairs of images.
    case rounded(columns: Int)
    case transposed(DenseShape)
    case paired(columns: Int)
    case bytes(Int)
    case words(Int)
    /// ``SparseGradientMemory`` for maps with this number of windows.
    case sparseGradient(channels: Int, windows: Int)
    /// ``TermListMemory`` of a dense layer's forward pass, or of its weight gradient.
    case forwardTerms(DenseShape)
    case weightTerms(DenseShape)
  }
  /// The name in reports and tests: `conv1 output`, `fc1 input gradient`.
  let name: String
  let content: Content
  let copies: Copies
  /// The segments of the backward pass in which the array is in use, counted in the order in which they run; `nil` if
  /// it must not share its memory.
  let lifetime: ClosedRange<Int>?

  /// Returns the number of bfloat16 values in a copy, or `nil` if the array has other elements.
  func bfloatCount(batch: Int) -> Int? {
    switch content {
    case .bfloats(let count): count
    case .rounded(let columns): DenseShape.roundedCount(batch: batch, columns: columns)
    case .transposed(let shape): shape.transposedCount(batch: batch)
    case .paired(let columns): BFloat16Tile.paddedDepth(batch) * columns
    default: nil
    }
  }

  /// Returns the bytes of all copies, in Double, which no product of shapes overflows.
  func byteCount(batch: Int, chunks: Int, engine: Engine) -> Double {
    let bytesOfCopy =
      switch content {
      case .floats(let count): 4 * Double(count)
      case .bfloats, .rounded, .transposed, .paired: 2 * Double(bfloatCount(batch: batch)!)
      case .bytes(let count): Double(count)
      case .words(let count): 4 * Double(count)
      case .sparseGradient(let channels, let windows):
        Double(SparseGradientMemory.byteCount(channels: channels, windows: windows))
      case .forwardTerms(let shape): engine.forwardTermsByteCount(shape, batch: batch)
      case .weightTerms(let shape): engine.weightGradientTermsByteCount(shape, batch: batch)
      }
    return bytesOfCopy
      * Double(copies.count(batch: batch, workers: engine.workers.count, chunks: chunks))
  }
}

/// All arrays, in the order in which they were added.
struct ArrayList: Equatable {
  private(set) var arrays: [PlannedArray] = []

  /// The most chunks in which a batch is summed up. Neither they nor the sums depend on the number of threads.
  ///
  /// Sixteen chunks keep eight threads busy. Each has its own sums of the weight gradients of convolutions, which every
  /// step clears, adds to and adds up. If these sums are large, fewer chunks touch less memory.
  var chunkCount: Int {
    var floats = 0.0
    for array in arrays where array.copies == .chunk {
      if case .floats(let count) = array.content { floats += Double(count) }
    }
    return floats <= 0x1p17 ? 16 : floats <= 0x1p20 ? 8 : 4
  }

  mutating func add(
    _ name: String, _ content: PlannedArray.Content, _ copies: Copies, lifetime: ClosedRange<Int>? = nil
  ) -> ArrayID {
    arrays.append(PlannedArray(name: name, content: content, copies: copies, lifetime: lifetime))
    return ArrayID(index: arrays.count - 1)
  }

  subscript(id: ArrayID) -> PlannedArray { arrays[id.index] }

  /// Arrays that take turns in the same memory: the lifetimes of the indexes in a list do not overlap. Lists are filled
  /// first-fit, in the order in which lifetimes begin.
  ///
  /// - Complexity: O(n²) for n arrays.
  var turns: [[Int]] {
    var turns: [[Int]] = []
    let timed = arrays.indices.filter { arrays[$0].lifetime != nil }
      .sorted { (arrays[$0].lifetime!.lowerBound, $0) < (arrays[$1].lifetime!.lowerBound, $1) }
    for index in timed {
      let array = arrays[index]
      let free = turns.firstIndex { taken in
        arrays[taken[0]].copies == array.copies
          && taken.allSatisfy { !arrays[$0].lifetime!.overlaps(array.lifetime!) }
      }
      if let free { turns[free].append(index) } else { turns.append([index]) }
    }
    return turns
  }

  /// Returns the bytes of all arrays. Arrays that take turns count as the largest of them.
  ///
  /// - Complexity: O(n²) for n arrays, for their turns.
  func byteCount(batch: Int, engine: Engine) -> Double {
    func bytes(_ index: Int) -> Double {
      arrays[index].byteCount(batch: batch, chunks: chunkCount, engine: engine)
    }
    let lasting = arrays.indices.filter { arrays[$0].lifetime == nil }.reduce(0) { $0 + bytes($1) }
    return turns.reduce(lasting) { $0 + ($1.map(bytes).max() ?? 0) }
  }
}
