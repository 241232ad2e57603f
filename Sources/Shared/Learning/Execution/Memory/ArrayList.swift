// The list of a network's arrays: what is allocated, and what is counted before anything is.
//
// Every array that a step reads or writes is on this list; allocation (NetworkMemory.swift) and the limit
// (MemoryLimit.swift) read the same entries. Arrays of the backward pass are needed for a part of it only: those whose
// parts do not overlap share memory.

import Compute
import KernelInterface

/// An array's place on the list.
struct ArrayID: Equatable {
  fileprivate(set) var index: Int
}

/// How many copies of an array there are.
enum Copies: Equatable {
  case one
  /// One for each thread: what is of use while an image passes through.
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

/// An array of the list.
struct PlannedArray: Equatable {
  enum Content: Equatable {
    case floats(Int)
    case bfloats(Int)
    /// Operands of a dense layer, for the batch: bfloat16 in rows, in the input's transpose and in pairs of images.
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
  /// For reports and tests: `conv1 output`, `fc1 input gradient`.
  let name: String
  let content: Content
  let copies: Copies
  /// The segments of the backward pass in which it holds something, counted in the order in which they run; `nil` means
  /// that nothing may take its place.
  let lifetime: ClosedRange<Int>?

  /// The bfloat16 of a copy, if that is what the array is of.
  func bfloatCount(batch: Int) -> Int? {
    switch content {
    case .bfloats(let count): count
    case .rounded(let columns): DenseShape.roundedCount(batch: batch, columns: columns)
    case .transposed(let shape): shape.transposedCount(batch: batch)
    case .paired(let columns): BFloat16Tile.paddedDepth(batch) * columns
    default: nil
    }
  }

  /// Bytes of all copies, in Double, which no product of shapes overflows.
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

/// All arrays, in the order in which they were asked for.
struct ArrayList: Equatable {
  private(set) var arrays: [PlannedArray] = []

  /// The chunks that a batch is summed up in, at most: whatever the number of threads, so that sums do not depend on it.
  ///
  /// Sixteen keep eight threads busy. Each has sums of its own for the weight gradients of convolutions, which are cleared,
  /// added to and added up in every step: where they are many, fewer chunks have less memory to go through.
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

  /// Arrays that take turns in the same memory: each list is of indexes whose lifetimes do not overlap. First fit, in the
  /// order in which lifetimes begin.
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

  /// Bytes of all arrays.
  func byteCount(batch: Int, engine: Engine) -> Double {
    func bytes(_ index: Int) -> Double {
      arrays[index].byteCount(batch: batch, chunks: chunkCount, engine: engine)
    }
    let lasting = arrays.indices.filter { arrays[$0].lifetime == nil }.reduce(0) { $0 + bytes($1) }
    return turns.reduce(lasting) { $0 + ($1.map(bytes).max() ?? 0) }
  }
}
