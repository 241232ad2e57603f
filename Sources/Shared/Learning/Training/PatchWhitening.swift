// The kernels of a first layer that whitens patches of the training images: Page 2019, "How to Train Your ResNet 8: Bag of
// Tricks", and Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", §3.2.
//
//     C = Σ (p − m)(p − m)ᵀ / n,   C v = λ v        over all n patches p of the kernel's size, with the mean m
//     kernels  v₁ / √(λ₁ + ε), −v₁ / √(λ₁ + ε), v₂ / √(λ₂ + ε), …    λ₁ ≥ λ₂ ≥ …
//     biases   −kernel · m
//
// With all v, the outputs without their biases have the variances λ / (λ + ε): patches vary nearly equally in all
// directions. Pixels are bytes, so sums of them and of their products are whole numbers that Double represents exactly.
// The order of terms and the number of threads change no bit.

import ByteIO
import Networks
import TensorStream

/// The eigenvectors of the covariance of a kernel's patches: those that it reads with stride 1 and without padding.
struct PatchWhitening {
  /// ε keeps directions in which patches hardly vary from being blown up. Jordan's value.
  static let epsilon = 5e-4
  /// The number of images that are read: Jordan's number, or fewer to stay below `productCount`.
  static let imageCount = 5000
  /// The limit for products of values of patches. This many take a few seconds.
  static let productCount = 4_000_000_000

  let convolution: Convolution
  /// The number of values in a patch: [channels, kernel height, kernel width], in PyTorch's order.
  private let patchLength: Int
  private let means: [Double]
  private let eigenvectors: SymmetricEigenvectors

  /// Reads the patches of some images, scaled by `scaling`. There is at least one image, and the kernel fits in it.
  /// Throws ``FileError`` if the images cannot be read.
  ///
  /// - Complexity: O(p v² + v³) for p patches of v values, where p v² is at most ``productCount``. Memory: O(v²).
  init(_ convolution: Convolution, images data: Dataset, scaling: PixelScaling) throws(FileError) {
    self.convolution = convolution
    let (taps, channels) = (convolution.kernel.height * convolution.kernel.width, data.shape.channels)
    let count = taps * channels
    patchLength = count
    let sums = try PatchSums(convolution, images: data)
    let (number, deviations) = (
      Double(sums.number), (0..<count).map { 255 * Double(scaling.channel($0 / taps).deviation) }
    )
    let bytes = sums.values.map { $0 / number }
    means = (0..<count).map { place in
      let (mean, deviation) = scaling.channel(place / taps)
      return (bytes[place] / 255 - Double(mean)) / Double(deviation)
    }
    let covariance = (0..<count * count).map { place in
      let (row, column) = place.quotientAndRemainder(dividingBy: count)
      let product = sums.products[min(row, column) * count + max(row, column)] / number
      return (product - bytes[row] * bytes[column]) / (deviations[row] * deviations[column])
    }
    eigenvectors = SymmetricEigenvectors(of: covariance, count: count)
  }

  /// The weights, [channels, input channels, kernel height, kernel width], and the biases, [channels].
  var parameters: (weights: [Float], biases: [Float]) {
    var weights: [Float] = []
    var biases: [Float] = []
    for channel in 0..<convolution.channels {
      let (pair, place) = channel.quotientAndRemainder(dividingBy: 2)
      // Rounding may leave a zero variance below 0.
      let deviation = (max(0, eigenvectors.values[pair]) + Self.epsilon).squareRoot()
      let kernel = eigenvectors.vectors[pair * patchLength..<(pair + 1) * patchLength]
        .map { (place == 0 ? $0 : -$0) / deviation }
      weights += kernel.map { Float($0) }
      biases.append(Float(-zip(kernel, means).reduce(0) { $0 + $1.0 * $1.1 }))
    }
    return (weights, biases)
  }
}

/// Sums over the patches of some images. Pixels are bytes, so all sums are whole numbers.
struct PatchSums {
  /// The number of patches.
  private(set) var number = 0
  /// The sums of the values, [values of a patch].
  private(set) var values: [Double]
  /// The sums of the products of values, [values of a patch, values of a patch]. Only the diagonal and the part above
  /// it are filled.
  private(set) var products: [Double]
  private let offsets: [Int]

  /// Adds up the patches of some images. Throws ``FileError``.
  ///
  /// - Complexity: O(p v²) for p patches of v values. Memory: O(v²) besides the images.
  init(_ convolution: Convolution, images data: Dataset) throws(FileError) {
    let (shape, span) = (data.shape, convolution.span)
    offsets = Self.offsets(convolution, shape)
    let count = offsets.count
    values = Array(repeating: 0, count: count)
    products = Array(repeating: 0, count: count * count)
    let (rows, columns) = (shape.height - span.height + 1, shape.width - span.width + 1)
    let productsOfImage = rows * columns * (count * (count + 1) / 2)
    let imageCount = max(
      1, min(data.count, PatchWhitening.imageCount, PatchWhitening.productCount / productsOfImage))
    // Images come from all over the stream, because a sorted one begins with images of one class.
    let chosen = (0..<imageCount).map { $0 * data.count / imageCount }
    try data.store.withBatch(chosen[...]) { batch in
      for position in 0..<batch.count {
        let start = batch.image(position, byteCount: shape.byteCount).baseAddress!
        for row in 0..<rows {
          for column in 0..<columns { add(start + (row * shape.width + column) * shape.channels) }
        }
      }
    }
    number = imageCount * rows * columns
  }

  /// Returns the offset of each value of a patch from its first byte, in the order of a kernel's values: [channels,
  /// kernel height, kernel width].
  private static func offsets(_ convolution: Convolution, _ shape: ImageShape) -> [Int] {
    var offsets: [Int] = []
    for channel in 0..<shape.channels {
      for row in 0..<convolution.kernel.height {
        for column in 0..<convolution.kernel.width {
          let pixel = convolution.dilation * (row * shape.width + column)
          offsets.append(pixel * shape.channels + channel)
        }
      }
    }
    return offsets
  }

  /// Adds the patch that begins at `start`. Pointers and plain loops, because nearly all of the time is spent here.
  ///
  /// - Complexity: O(v²) for v values in a patch.
  private mutating func add(_ start: UnsafePointer<UInt8>) {
    let count = offsets.count
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { patch in
      let patch = patch.baseAddress!
      offsets.withUnsafeBufferPointer { offsets in
        for place in 0..<count { (patch + place).initialize(to: Double(start[offsets[place]])) }
      }
      values.withUnsafeMutableBufferPointer { values in
        for place in 0..<count { values[place] += patch[place] }
      }
      products.withUnsafeMutableBufferPointer { products in
        for row in 0..<count where patch[row] != 0 {
          let (value, sums) = (patch[row], products.baseAddress! + row * count)
          var column = row
          while column < count {
            sums[column] += value * patch[column]
            column &+= 1
          }
        }
      }
    }
  }
}

extension TrainingSettings {
  /// Returns the weights with which training on these images begins. They are drawn at random, except for layers that
  /// whiten patches, and their biases. Throws ``FileError``.
  ///
  /// - Complexity: That of drawing the parameters, and for each whitening layer that of ``PatchWhitening``.
  func firstParameters(for architecture: Architecture, images: Dataset) throws(FileError) -> [Parameter] {
    var parameters = initialization.parameters(for: architecture, seed: seed)
    for node in architecture.whitenedLayers {
      guard case .convolution(let convolution) = node.operation else { continue }
      let (weights, biases) = try PatchWhitening(convolution, images: images, scaling: scaling).parameters
      for (description, values) in zip(node.parameters, [weights, biases]) {
        let index = parameters.firstIndex { $0.name == description.name }!
        parameters[index].values = values
      }
    }
    return parameters
  }
}
