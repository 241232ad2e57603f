// Work with memory as the bottleneck: copies, the optimiser's update, dropout, the loss.

import Compute
import KernelInterface

extension Stopwatch {
  /// `copy of floats` [floats], the limit of memory, and `Adam` [parameters], to compare with it.
  func memoryBound() -> [Benchmark] {
    // 15 MB fit into the L3 cache of most servers, half a gigabyte into none.
    [1 << 21, 1 << 26].map(copy) + [adam(count: 942_336)] + [20, 128].flatMap { [dropout($0), loss($0)] }
  }

  private func copy(count: Int) -> Benchmark {
    let (source, target) = (randomBuffer(count), FloatBuffer(count: count))
    let length = 1 << 16
    return Benchmark(operation: "copy of floats", shape: [count], byteCount: 8 * count) { [engine] in
      engine.workers.forEach(count / length) { task, _ in
        (target.floats.baseAddress! + task * length).update(
          from: source.floats.baseAddress! + task * length, count: length)
      }
    }
  }

  private func adam(count: Int) -> Benchmark {
    let (gradient, parameters) = (randomBuffer(count, seed: 1), randomBuffer(count, seed: 2))
    let (first, second) = (FloatBuffer(count: count), FloatBuffer(count: count))
    let update = AdamUpdate(
      stepSize: 0.001, secondMomentScale: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, gradientDecay: 0,
      parameterDecay: 0, gradientScale: 1)
    // Four arrays are read, three of them written.
    return Benchmark(operation: "Adam", shape: [count], byteCount: 28 * count) { [engine] in
      engine.forEachRun(parameters.count, length: 1 << 14) { run in
        engine.adam(
          update, run, gradient: gradient[run], parameters: parameters.floats, firstMoment: first.floats,
          secondMoment: second.floats)
      }
    }
  }

  /// `dropout` [batch, outputs of the largest layer], on one thread, since it is part of the layer's tasks.
  private func dropout(_ batch: Int) -> Benchmark {
    let columns = 512
    let values = randomBuffer(batch * columns)
    // Runs can repeat: dropped values stay 0, and with a scale of 1 no value grows.
    var mask = DropoutMask(key: (1, 2), probability: 0.2)
    mask.scale = 1
    return Benchmark(operation: "dropout", shape: [batch, columns], byteCount: 8 * batch * columns) {
      [engine, mask] in
      engine.drop(
        Rows(values.floats, stride: columns), rowCount: batch, columns: columns, firstIndex: 0, mask: mask)
    }
  }

  /// `softmax and loss` [batch, classes].
  private func loss(_ batch: Int) -> Benchmark {
    let (classCount, stride) = (10, Lane.width)
    let (logits, gradient) = (randomBuffer(batch * stride), FloatBuffer(count: batch * stride))
    let labels = RandomBytes(batch, below: classCount)
    let result = LossResult(batch: batch)
    return Benchmark(
      operation: "softmax and loss", shape: [batch, classCount], byteCount: 8 * batch * classCount
    ) { [engine] in
      engine.crossEntropy(
        logits: Rows(logits.floats, stride: stride), labels: UnsafeBufferPointer(labels.bytes), batch: batch,
        classCount: classCount, smoothing: 0, loss: result.loss,
        gradient: Rows(gradient.floats, stride: stride))
    }
  }
}

/// Memory for the losses of a batch.
private final class LossResult {
  let loss: BatchLoss

  init(batch: Int) {
    loss = BatchLoss(losses: .allocate(capacity: batch), isCorrect: .allocate(capacity: batch))
  }

  deinit {
    loss.losses.deallocate()
    loss.isCorrect.deallocate()
  }
}
