// Elementwise operations, sums over runs of values, and the optimisers' steps.

import KernelInterface

extension Engine {
  /// Sets negative values to 0.
  public func rectify(_ values: Floats) {
    checkLane(values.count)
    kernels.rectify(values.baseAddress!, count: values.count)
  }

  /// Scales the gradient [rowCount, columns] where the forward pass's result is positive, and sets it to 0 elsewhere.
  public func rectifyBackward(_ gradient: Rows, result: Rows, rowCount: Int, columns: Int, scale: Float) {
    checkLane(columns)
    precondition(gradient.stride == result.stride, "a gradient is not laid out like its result")
    kernels.rectifyBackward(
      gradient: gradient.checked(rowCount: rowCount, columns: columns, "gradient"),
      result: result.checked(rowCount: rowCount, columns: columns, "result of a rectification"),
      rowCount: rowCount, rowStride: gradient.stride, columnCount: columns, scale: scale)
  }

  /// Drops or scales each value of [rowCount, columns], forward and backward alike. The value at (row, column) has the
  /// index firstIndex + row · stride + column.
  public func drop(_ values: Rows, rowCount: Int, columns: Int, firstIndex: Int, mask: DropoutMask) {
    checkLane(columns)
    kernels.dropout(
      values.checked(rowCount: rowCount, columns: columns, "dropout"), rowCount: rowCount,
      rowStride: values.stride, columnCount: columns, firstIndex: firstIndex, mask: mask)
  }

  /// target[i] ← bytes[i] · scale
  public func scaleBytes(_ bytes: UnsafeBufferPointer<UInt8>, scale: Float, to target: Floats) {
    guard let start = bytes.baseAddress else { return }
    kernels.scaleBytes(start, count: bytes.count, scale: scale, to: target.checked(bytes.count, "pixels"))
  }

  /// Prefetches the first 4 KiB of bytes that will be read soon. The processor itself prefetches the rest
  /// of a long run.
  public func prefetch(_ bytes: UnsafeBufferPointer<UInt8>) {
    kernels.prefetch(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes).prefix(4096)))
  }

  /// target ← the pixels of an image [height, width, channels], times `scale`, in the order of ``PixelBlocks``. Values
  /// beyond the image stay as they are.
  public func scalePixelBlocks(
    _ bytes: UnsafeBufferPointer<UInt8>, height: Int, width: Int, channels: Int, scale: Float,
    to target: Floats
  ) {
    precondition(
      bytes.count == height * width * channels, "\(bytes.count) bytes for \(height) × \(width) pixels")
    guard let start = bytes.baseAddress else { return }
    let count = PixelBlocks.valueCount(height: height, width: width, channels: channels)
    kernels.scalePixelBlocks(
      PixelBlocks(pixels: start, height: height, width: width, channels: channels), scale: scale,
      to: target.checked(count, "pixels"))
  }

  /// target ← Σ of the parts, in their order. Parts follow each other, `target.count` floats apart.
  ///
  /// `piece` selects some floats of each part; its start and count are multiples of the lane too. If `begins` is
  /// false, the parts are added to the values of the target.
  ///
  /// - Complexity: O(count · piece.count).
  public func sumParts(
    _ parts: Floats, count: Int, to target: Floats, piece: Range<Int>? = nil, begins: Bool = true
  ) {
    let piece = piece ?? 0..<target.count
    checkLane(target.count)
    checkLane(piece.lowerBound)
    checkLane(piece.count)
    let source = parts.checked(count * target.count, "partial sums") + piece.lowerBound
    let start = target.checked(piece.upperBound, "sums") + piece.lowerBound
    forEachRun(piece.count, length: 4096) { run in
      let sums = start + run.lowerBound
      if begins { sums.update(repeating: 0, count: run.count) }
      for part in 0..<count {
        kernels.add(source + part * target.count + run.lowerBound, count: run.count, to: sums)
      }
    }
  }

  /// Returns √ Σ x², summed in Double over runs of a fixed length.
  ///
  /// - Complexity: O(values.count).
  public func norm(_ values: Floats) -> Double {
    checkLane(values.count)
    let length = 1 << 14
    var sums = [Double](repeating: 0, count: (values.count + length - 1) / length)
    sums.withUnsafeMutableBufferPointer { sums in
      forEachRun(values.count, length: length) { run in
        sums[run.lowerBound / length] = kernels.sumOfSquares(
          values.baseAddress! + run.lowerBound, count: run.count)
      }
    }
    return sums.reduce(0, +).squareRoot()
  }
}

// MARK: - Optimisers

extension Engine {
  /// Takes one step of Adam or AdamW for the parameters in `run`. `gradient` is that of the run; the other arrays hold
  /// all parameters.
  ///
  /// - Complexity: O(run.count).
  public func adam(
    _ update: AdamUpdate, _ run: Range<Int>, gradient: Floats, parameters: Floats, firstMoment: Floats,
    secondMoment: Floats
  ) {
    checkLane(run.count)
    kernels.adam(
      update, count: run.count, gradient: gradient.checked(run.count, "gradient"),
      parameter: parameters.checked(run.upperBound, "parameters") + run.lowerBound,
      firstMoment: firstMoment.checked(run.upperBound, "first moment") + run.lowerBound,
      secondMoment: secondMoment.checked(run.upperBound, "second moment") + run.lowerBound)
  }

  /// Takes one step of gradient descent with momentum for the parameters in `run`. `gradient` is that of the run; the
  /// other arrays hold all parameters.
  ///
  /// - Complexity: O(run.count).
  public func momentum(
    _ update: MomentumUpdate, _ run: Range<Int>, gradient: Floats, parameters: Floats, velocity: Floats
  ) {
    checkLane(run.count)
    kernels.momentum(
      update, count: run.count, gradient: gradient.checked(run.count, "gradient"),
      parameter: parameters.checked(run.upperBound, "parameters") + run.lowerBound,
      velocity: velocity.checked(run.upperBound, "velocity") + run.lowerBound)
  }
}
