// The text form of augmentation: reading it, writing it, and refusing it with the wrong word.

import TensorStream
import Testing

@testable import Inference
@testable import Networks
@testable import Training

@Suite struct AugmentationSpecificationTests {
  @Test(
    arguments: [
      ("none", .none), ("flip", Augmentation(flips: true)), ("shift=2", Augmentation(shift: 2)),
      ("erase=0.25", Augmentation(erasing: RandomErasing(probability: 0.25))),
      ("erase=1,fill=random", Augmentation(erasing: RandomErasing(probability: 1))),
      ("fill=73,erase=0.5", Augmentation(erasing: RandomErasing(probability: 0.5, fill: .value(73)))),
      (
        "shift=4095,erase=0.5,flip",
        Augmentation(flips: true, shift: 4095, erasing: RandomErasing(probability: 0.5))
      ),
      ("shift=2,edge=reflect", Augmentation(shift: 2, edge: .reflect)),
      ("edge=zero,shift=1", Augmentation(shift: 1)),
      ("cutout=8", Augmentation(cutout: 8)),
      ("mixup=0.2", Augmentation(mixup: 0.2)), ("cutmix=1", Augmentation(cutmix: 1)),
      ("rotate=15", Augmentation(rotation: 15)), ("scale=50", Augmentation(scaling: 50)),
      (
        "contrast=1,brightness=0.25,edge=reflect,scale=2.5,rotate=180",
        Augmentation(rotation: 180, scaling: 2.5, edge: .reflect, brightness: 0.25, contrast: 1)
      ),
      ("cutmix=100,mixup=0.01", Augmentation(mixup: 0.01, cutmix: 100)),
      (
        "cutout=4095,erase=1,fill=0,edge=reflect,shift=3,flip",
        Augmentation(
          flips: true, shift: 3, edge: .reflect, erasing: RandomErasing(probability: 1, fill: .value(0)),
          cutout: 4095)
      ),
    ] as [(String, Augmentation)])
  func textsAreRead(_ text: String, _ expected: Augmentation) throws {
    let augmentation = try Augmentation(parsing: text)
    #expect(augmentation == expected)
    #expect(try Augmentation(parsing: augmentation.specification) == expected)
  }

  @Test func textsAreWrittenInOneOrderAndWithoutDefaults() throws {
    #expect(
      try Augmentation(parsing: "erase=0.50,fill=random,shift=02,flip").specification
        == "flip,shift=2,erase=0.5")
    #expect(try Augmentation(parsing: "fill=0,erase=1").specification == "erase=1.0,fill=0")
    #expect(
      try Augmentation(parsing: "cutout=8,edge=reflect,erase=1,shift=2,flip").specification
        == "flip,shift=2,edge=reflect,erase=1.0,cutout=8")
    #expect(try Augmentation(parsing: "edge=zero,shift=2").specification == "shift=2")
    #expect(
      try Augmentation(parsing: "contrast=0.5,edge=reflect,scale=10,rotate=5,brightness=.5,flip")
        .specification
        == "flip,rotate=5.0,scale=10.0,edge=reflect,brightness=0.5,contrast=0.5")
    #expect(
      try Augmentation(parsing: "cutmix=1,mixup=0.20,flip").specification == "flip,mixup=0.2,cutmix=1.0")
  }

  @Test(
    arguments: [
      ("", .empty), (",", .unknown(word: "")), ("flip,", .unknown(word: "")),
      ("Flip", .unknown(word: "Flip")),
      ("flip=1", .unknown(word: "flip=1")), (" flip", .unknown(word: " flip")),
      ("none=", .unknown(word: "none=")), ("=", .unknown(word: "=")),
      ("flip,flip", .twice(word: "flip")), ("shift=1,shift=2", .twice(word: "shift")),
      ("none,flip", .noneWithOthers), ("flip,none", .noneWithOthers), ("none,none", .noneWithOthers),
      ("cutout=1,cutout=1", .twice(word: "cutout")), ("edge=zero", .edgeWithoutMovement),
      ("brightness=1,edge=reflect", .edgeWithoutMovement),
      ("fill=0", .fillWithoutErase), ("flip,fill=random", .fillWithoutErase),
    ] as [(String, AugmentationError)])
  func otherTextsAreRefused(_ text: String, _ expected: AugmentationError) {
    #expect(throws: expected) { try Augmentation(parsing: text) }
  }

  @Test(arguments: [
    "shift", "shift=", "shift=0", "shift=-1", "shift=+1", "shift=1.5", "shift=4096", "shift=1=2",
    "shift=99999999999999999999", "erase", "erase=", "erase=0", "erase=-0.5", "erase=1.01", "erase=nan",
    "erase=inf", "erase=x", "erase=1,fill=256", "erase=1,fill=-1", "erase=1,fill=", "erase=1,fill",
    "erase=1,fill=zero", "cutout", "cutout=", "cutout=0", "cutout=-1", "cutout=4096", "cutout=8.0",
    "mixup", "mixup=", "mixup=0", "mixup=-1", "mixup=nan", "mixup=inf", "mixup=101", "cutmix=0.009",
    "cutmix=x",
    "rotate", "rotate=", "rotate=0", "rotate=-5", "rotate=180.1", "rotate=nan", "scale=51", "scale=x",
    "brightness=1.1", "brightness=0", "contrast=-0.1", "contrast=inf",
    "shift=1,edge", "shift=1,edge=", "shift=1,edge=mirror", "shift=1,edge=Zero",
  ])
  func valuesOutOfBoundsAreRefusedWithTheirWord(_ text: String) throws {
    let error = #expect(throws: AugmentationError.self) { try Augmentation(parsing: text) }
    guard case .malformed(let word, let expected)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(word == text.split(separator: ",").last.map(String.init))
    #expect(error?.description == "'\(word)': expected \(expected)")
  }

  @Test func shiftsAndCutoutsMustFitTheImage() throws {
    let shape = ImageShape(height: 28, width: 3, channels: 1)
    try Augmentation(shift: 2).check(fits: shape)
    try Augmentation.none.check(fits: ImageShape(height: 1, width: 1, channels: 1))
    #expect(throws: AugmentationError.shiftTooLarge(shift: 3, shape: shape)) {
      try Augmentation(shift: 3).check(fits: shape)
    }
    try Augmentation(cutout: 2).check(fits: shape)
    #expect(throws: AugmentationError.cutoutTooLarge(size: 3, shape: shape)) {
      try Augmentation(cutout: 3).check(fits: shape)
    }
  }
}
