// A run that several processes share: each computes its images of every batch (Execution/BatchShare.swift), all take the same
// step, and one of them tells and keeps what comes of it.

import ByteIO
import Compute
import Execution
import Inference

extension Trainer {
  /// Whether other processes learn with this one.
  var isShared: Bool { (network.peers?.count ?? 1) > 1 }

  /// Whether this process decides what is not computed: by its clock and its signals.
  var isFirst: Bool { network.peers?.rank ?? 0 == 0 }

  /// What the first process has, for all of them.
  func agreed<Value: BitwiseCopyable>(_ value: Value) -> Value {
    guard let peers = network.peers else { return value }
    var value = value
    withUnsafeMutableBytes(of: &value) { peers.broadcast($0, from: 0) }
    return value
  }

  /// The gradient of the images of an epoch at the places `places`. This process looks at its own images, or at all of them
  /// where images are mixed; without others, all are its own. Throws ``FileError``.
  func computeGradient(
    _ order: EpochOrder, _ places: Range<Int>, _ key: DropoutKey, update: ParameterUpdate?
  ) throws(FileError) -> BatchResult {
    let share = network.share(ofBatch: places.count)
    let own = places.lowerBound + share.own.lowerBound..<places.lowerBound + share.own.upperBound
    let mixes = augmented?.mixes == true
    let shown = mixes ? places : own
    return try training.store.withBatch(order.indexes[shown], loaded: loaded) { plain in
      order.labels[places].withUnsafeBufferPointer { labels in
        let changed = augmented?.batch(plain, at: order.times(shown)) ?? plain
        let mixture = augmented?.mixture(labels)
        let weights = settings.classWeights?.weights(of: labels, mixture)
        let isPart = isShared && mixes
        let batch = isPart ? changed.part(share.own, byteCount: training.shape.byteCount) : changed
        return network.computeGradient(
          batch, labels: UnsafeBufferPointer(rebasing: labels[share.own]),
          smoothing: Float(settings.labelSmoothing), weights: weights.map { Array($0[share.own]) },
          mixture: mixture?.part(share.own), soft: own.isEmpty ? nil : teachers?.targets(for: batch),
          dropout: key, share: share,
          weightSum: isShared ? weights?.reduce(0) { $0 + Double($1) } ?? Double(places.count) : nil,
          update: update)
      }
    }
  }
}

extension LabelMixture {
  /// That of some images of the batch.
  fileprivate func part(_ positions: Range<Int>) -> LabelMixture {
    LabelMixture(
      otherLabels: UnsafeBufferPointer(rebasing: otherLabels[positions]),
      shares: UnsafeBufferPointer(rebasing: shares[positions]))
  }
}
