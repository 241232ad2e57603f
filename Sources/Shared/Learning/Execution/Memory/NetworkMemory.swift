// The arrays of a network, allocated from their list, and the memory that only training needs.

import Compute
import KernelInterface

/// An image that is being computed: its position in the batch, the chunk to whose sums it adds, and its worker.
struct ImagePlace {
  var position: Int
  let chunk: Int
  let worker: Int
  /// Its number within the chunk, and the number of images in the chunk.
  var number = 0
  var chunkSize = 1

  /// Returns the place of the image `count` positions after this one, in the same chunk and with the same worker.
  func next(_ count: Int) -> ImagePlace {
    var place = self
    place.position += count
    place.number += count
    return place
  }
}

/// Equal parts of one block of memory: one for each image, worker or chunk.
struct Parts<Element: BitwiseCopyable> {
  let all: UnsafeMutableBufferPointer<Element>
  let partCount: Int

  subscript(part: Int) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: all[part * partCount..<(part + 1) * partCount])
  }
}

/// The memory of all arrays on a list.
final class NetworkMemory: @unchecked Sendable {
  private let list: ArrayList
  /// The copies of each array, by its index. Steps look arrays up many times for every image, so plain pointers avoid
  /// reference counting and repeated checks.
  private let copies: UnsafeMutablePointer<Copies>
  private let chunks: Int
  private let floats: UnsafeMutablePointer<Parts<Float>?>
  private var bfloats: [Parts<BFloat16>?]
  private var bytes: [Parts<UInt8>?]
  private var words: [Parts<UInt32>?]
  private var sparseGradients: [[SparseGradientMemory]]
  private var terms: [TermListMemory?]
  /// The owners of the memory.
  private var buffers: [FloatBuffer] = []

  init(_ list: ArrayList, batch: Int, engine: Engine) {
    self.list = list
    copies = .allocate(capacity: max(1, list.arrays.count))
    for (index, array) in list.arrays.enumerated() { (copies + index).initialize(to: array.copies) }
    chunks = list.chunkCount
    let count = list.arrays.count
    floats = .allocate(capacity: max(1, count))
    floats.initialize(repeating: nil, count: max(1, count))
    bfloats = Array(repeating: nil, count: count)
    bytes = Array(repeating: nil, count: count)
    words = Array(repeating: nil, count: count)
    sparseGradients = Array(repeating: [], count: count)
    terms = Array(repeating: nil, count: count)
    for index in list.arrays.indices where list.arrays[index].lifetime == nil {
      allocate(index, batch: batch, engine: engine)
    }
    for turn in list.turns { allocateTurn(turn, batch: batch, engine: engine) }
  }

  deinit {
    floats.deallocate()
    copies.deallocate()
  }

  /// Allocates one buffer for arrays that take turns in it. These must be arrays of floats.
  private func allocateTurn(_ turn: [Int], batch: Int, engine: Engine) {
    func total(_ index: Int) -> (part: Int, parts: Int) {
      guard case .floats(let count) = list.arrays[index].content else {
        preconditionFailure("\(list.arrays[index].name) cannot take turns: it is no array of floats")
      }
      return (
        count,
        list.arrays[index].copies.count(
          batch: batch, workers: engine.workers.count, chunks: chunks)
      )
    }
    let buffer = FloatBuffer(count: turn.map { total($0).part * total($0).parts }.max() ?? 0)
    buffers.append(buffer)
    for index in turn {
      let (part, parts) = total(index)
      floats[index] = Parts(all: buffer[0..<part * parts], partCount: part)
    }
  }

  private func allocate(_ index: Int, batch: Int, engine: Engine) {
    let array = list.arrays[index]
    let copies = array.copies.count(
      batch: batch, workers: engine.workers.count, chunks: chunks)
    switch array.content {
    case .floats(let count):
      floats[index] = Parts(all: buffer(copies * count).floats, partCount: count)
    case .bfloats, .rounded, .transposed, .paired:
      let count = array.bfloatCount(batch: batch)!
      let memory = UnsafeMutableRawBufferPointer(buffer((copies * count + 1) / 2).floats)
      bfloats[index] = Parts(all: memory.bindMemory(to: BFloat16.self), partCount: count)
    case .bytes(let count):
      let memory = UnsafeMutableRawBufferPointer(buffer((copies * count + 3) / 4).floats)
      bytes[index] = Parts(all: memory.bindMemory(to: UInt8.self), partCount: count)
    case .words(let count):
      let memory = UnsafeMutableRawBufferPointer(buffer(copies * count).floats)
      words[index] = Parts(all: memory.bindMemory(to: UInt32.self), partCount: count)
    case .sparseGradient(let channels, let windows):
      sparseGradients[index] = (0..<copies).map { _ in
        SparseGradientMemory(channels: channels, windows: windows)
      }
    case .forwardTerms(let shape): terms[index] = engine.forwardTerms(shape, batch: batch)
    case .weightTerms(let shape): terms[index] = engine.weightGradientTerms(shape, batch: batch)
    }
  }

  private func buffer(_ count: Int) -> FloatBuffer {
    let buffer = FloatBuffer(count: count)
    buffers.append(buffer)
    return buffer
  }

  // MARK: - Access

  /// Returns all copies of an array, one after another.
  func floats(_ id: ArrayID) -> Parts<Float> { floats[id.index]! }

  /// Returns the copy that belongs to an image.
  func floats(_ id: ArrayID, _ place: ImagePlace) -> Floats {
    floats[id.index]![part(of: id, place)]
  }

  /// Returns the copy that belongs to an image, and all copies after it.
  func floats(_ id: ArrayID, from place: ImagePlace) -> Floats {
    let parts = floats[id.index]!
    return parts.all.from(part(of: id, place) * parts.partCount)
  }

  func bfloats(_ id: ArrayID) -> Parts<BFloat16> { bfloats[id.index]! }

  func bfloats(_ id: ArrayID, _ place: ImagePlace) -> BFloats { bfloats[id.index]![part(of: id, place)] }

  func bytes(_ id: ArrayID) -> Parts<UInt8> { bytes[id.index]! }

  func bytes(_ id: ArrayID, _ place: ImagePlace) -> UnsafeMutableBufferPointer<UInt8> {
    bytes[id.index]![part(of: id, place)]
  }

  /// Returns the copy that belongs to an image, and all copies after it.
  func bytes(_ id: ArrayID, from place: ImagePlace) -> UnsafeMutableBufferPointer<UInt8> {
    let parts = bytes[id.index]!
    return UnsafeMutableBufferPointer(rebasing: parts.all[(part(of: id, place) * parts.partCount)...])
  }

  func words(_ id: ArrayID, _ place: ImagePlace) -> UnsafeMutableBufferPointer<UInt32> {
    words[id.index]![part(of: id, place)]
  }

  func sparseGradient(_ id: ArrayID, _ place: ImagePlace) -> SparseGradientMemory {
    sparseGradients[id.index][place.worker]
  }

  func terms(_ id: ArrayID) -> TermListMemory { terms[id.index]! }

  private func part(of id: ArrayID, _ place: ImagePlace) -> Int {
    switch copies[id.index] {
    case .one: 0
    case .worker: place.worker
    case .image: place.position
    case .chunk: place.chunk
    }
  }
}

// MARK: - Training

/// The loss of each image of a batch, and whether its answer is right.
final class ResultMemory: @unchecked Sendable {
  let loss: BatchLoss

  init(batch: Int) {
    loss = BatchLoss(losses: .allocate(capacity: batch), isCorrect: .allocate(capacity: batch))
    loss.losses.initialize(repeating: 0)
    loss.isCorrect.initialize(repeating: false)
  }

  /// Returns the results of an image and of the images after it.
  func from(_ position: Int) -> BatchLoss {
    BatchLoss(
      losses: UnsafeMutableBufferPointer(rebasing: loss.losses[position...]),
      isCorrect: UnsafeMutableBufferPointer(rebasing: loss.isCorrect[position...]))
  }

  deinit {
    loss.losses.deallocate()
    loss.isCorrect.deallocate()
  }
}

/// The memory that training needs besides the arrays of its steps: the gradient, and values derived from the weights.
struct TrainingMemory {
  /// The gradient of every parameter, laid out like the parameters.
  let gradient: FloatBuffer
  /// The weights of convolutions in the layout that input gradients need; recomputed when the weights change.
  let derived: FloatBuffer
  /// Scratch memory in which each worker computes a piece of a dense layer's gradient.
  let gradientPieces: FloatBuffer
  let results: ResultMemory

  init(_ plan: ExecutionPlan, batch: Int, engine: Engine) {
    gradient = FloatBuffer(count: plan.parameterCount)
    derived = FloatBuffer(count: plan.derivedCount)
    gradientPieces = FloatBuffer(count: engine.weightGradientScratchCount)
    results = ResultMemory(batch: batch)
  }

  /// Returns the bytes of these buffers, in Double.
  static func byteCount(_ plan: ExecutionPlan, batch: Int, engine: Engine) -> Double {
    let floats =
      Double(plan.parameterCount) + Double(plan.derivedCount) + Double(engine.weightGradientScratchCount)
    return 4 * floats + Double(MemoryLayout<Double>.stride + 1) * Double(batch)
  }
}
