// A run that several processes share. Each computes its own images of every batch (Execution/BatchShare.swift), all
// take the same step, and one of them reports and stores the results.

import ByteIO
import Compute
import Execution
import Inference

extension Trainer {
  /// Whether other processes learn with this one.
  var isShared: Bool { (network.peers?.count ?? 1) > 1 }

  /// Whether this process makes the decisions that depend on a clock or on signals.
  var isFirst: Bool { network.peers?.rank ?? 0 == 0 }

  /// Returns the first process's value in every process.
  ///
  /// - Complexity: O(1) without other processes; otherwise one broadcast.
  func agreed<Value: BitwiseCopyable>(_ value: Value) -> Value {
    guard let peers = network.peers else { return value }
    var value = value
    withUnsafeMutableBytes(of: &value) { peers.broadcast($0, from: 0) }
    return value
  }

  /// Computes the gradient of an epoch's images at the positions `places`. This process reads its own images, or all of
  /// them if images are mixed. Without other processes, all images are its own. Throws ``FileError``.
  ///
  /// - Complexity: A forward and a backward pass for each of this process's images, and a forward pass of each teacher
  ///   for those that it has not yet answered.
  func computeGradient(
    _ order: EpochOrder, _ places: Range<Int>, _ key: DropoutKey, update: ParameterUpdate?
  ) throws(FileError) -> BatchResult {
    let share = network.share(ofBatch: places.count)
    let own = places.lowerBound + share.own.lowerBound..<places.lowerBound + share.own.upperBound
    let mixes = augmented?.mixes == true
    let shown = mixes ? places : own
    return try training.store.withBatch(order.indexes[shown], loaded: loaded) { plain in
      order.labels[places].withUnsafeBufferPointer { labels in
        let times = order.times(shown)
        let changed = augmented?.batch(plain, at: times) ?? plain
        let mixture = augmented?.mixture(labels)
        let weights = settings.classWeights?.weights(of: labels, mixture)
        let isPart = isShared && mixes
        let batch = isPart ? changed.part(share.own, byteCount: training.shape.byteCount) : changed
        return network.computeGradient(
          batch, labels: UnsafeBufferPointer(rebasing: labels[share.own]),
          smoothing: Float(settings.labelSmoothing), weights: weights.map { Array($0[share.own]) },
          mixture: mixture?.part(share.own), soft: own.isEmpty ? nil : targets(batch, from: plain, at: times),
          dropout: key, share: share,
          weightSum: isShared ? weights?.reduce(0) { $0 + Double($1) } ?? Double(places.count) : nil,
          update: update)
      }
    }
  }

  /// Returns the teachers' answers to `batch`, the images of `plain` as they are shown at these times.
  private func targets(_ batch: ImageBatch, from plain: ImageBatch, at times: ShownTimes) -> SoftTargets? {
    teachers?.targets(for: batch) { position in
      (plain.number(position), augmented?.change(plain, position, at: times) ?? ImageChange())
    }
  }
}

extension LabelMixture {
  /// Returns the mixture of some images of the batch.
  fileprivate func part(_ positions: Range<Int>) -> LabelMixture {
    LabelMixture(
      otherLabels: UnsafeBufferPointer(rebasing: otherLabels[positions]),
      shares: UnsafeBufferPointer(rebasing: shares[positions]))
  }
}
