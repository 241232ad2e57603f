// What fm-train says about a run that did not reach its end.

import ByteIO
import Testing

@testable import TrainCommand

@Suite struct FailureMessageTests {
  @Test(
    arguments: [
      (3, nil, "interrupted; the best model so far (epoch 3) is written to m.st"),
      (
        3, "run.st",
        "interrupted; the best model so far (epoch 3) is written to m.st; --resume continues from run.st"
      ),
      (nil, nil, "interrupted; no model is written"),
      (nil, "run.st", "interrupted; no model is written; --resume continues from run.st"),
    ] as [(Int?, String?, String)])
  func anInterruptedRunSaysWhetherItWroteAModel(_ epoch: Int?, _ checkpoint: String?, _ message: String) {
    let failure = Interrupted(path: "m.st", epoch: epoch, checkpoint: checkpoint.map { FilePath($0) })
    #expect(failure.description == message)
    #expect(failure.kind == .interrupted)
  }
}
