// Rotated and scaled images compared with SciPy's, and tones compared with their definition.

import RandomNumbers
import TensorStream
import Testing

@testable import Inference
@testable import Training

@Suite struct ImageTransformTests {
  struct Case: Sendable {
    let shape: ImageShape
    let isFlipped: Bool
    let degrees: Double
    let size: Double
    let down: Int
    let right: Int
    let edge: ImageEdge
    let image: [UInt8]
    let result: [UInt8]
  }

  /// Results of `scipy.ndimage.map_coordinates(plane, places, order=1, mode=mode)` for each channel of the image, which
  /// is mirrored first. `places` is `inverse @ (pixels − middle − [down, right]) + middle`, where `inverse` is that of
  /// the matrix `size · [[cos, sin], [−sin, cos]]` on (y, x). The mode is `grid-constant` for zero and `mirror` for
  /// reflect. Values are rounded to the nearest byte, halves up.
  static let cases = [
    Case(
      shape: ImageShape(height: 5, width: 6, channels: 1), isFlipped: false, degrees: 30, size: 1, down: 0,
      right: 0,
      edge: .zero,
      image: [
        121, 131, 193, 243, 8, 36, 210, 242, 63, 79, 222, 108, 69, 211, 65, 104, 164, 140, 21, 7, 221, 192,
        214, 137, 209, 84, 115, 201, 31, 77,
      ],
      result: [
        46, 214, 184, 187, 121, 2, 42, 176, 136, 87, 153, 11, 54, 83, 105, 96, 183, 116, 92, 125, 200, 174,
        161, 107, 2, 69, 190, 131, 152, 46,
      ]),
    Case(
      shape: ImageShape(height: 5, width: 6, channels: 1), isFlipped: true, degrees: -75, size: 1.25, down: 1,
      right: -2,
      edge: .reflect,
      image: [
        31, 116, 250, 34, 98, 103, 231, 52, 128, 67, 5, 192, 15, 71, 127, 124, 29, 251, 191, 246, 23, 185,
        75, 138, 236, 70, 185, 41, 82, 248,
      ],
      result: [
        179, 66, 117, 200, 152, 215, 60, 63, 182, 188, 200, 181, 116, 106, 150, 123, 157, 187, 112, 111, 70,
        172, 99, 111, 80, 143, 130, 86, 111, 111,
      ]),
    Case(
      shape: ImageShape(height: 4, width: 5, channels: 3), isFlipped: false, degrees: 180, size: 0.5, down: 0,
      right: 1,
      edge: .zero,
      image: [
        107, 132, 74, 29, 108, 159, 116, 198, 92, 156, 197, 234, 109, 10, 183, 135, 223, 117, 94, 15, 117,
        164, 197, 218, 55, 151, 205, 66, 88, 215, 148, 130, 172, 130, 251, 192, 13, 37, 139, 209, 17, 174,
        194, 201, 223, 49, 142, 205, 91, 48, 122, 20, 56, 218, 170, 220, 215, 224, 79, 120,
      ],
      result: [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 209, 140, 172, 17, 47, 179, 99, 136,
        189, 0, 0, 0, 0, 0, 0, 88, 49, 199, 140, 198, 155, 121, 177, 95, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0,
      ]),
    Case(
      shape: ImageShape(height: 3, width: 7, channels: 1), isFlipped: false, degrees: 10, size: 0.8, down: -1,
      right: 0,
      edge: .reflect,
      image: [
        158, 70, 235, 1, 214, 165, 64, 184, 105, 213, 255, 72, 120, 55, 177, 163, 216, 206, 250, 246, 229,
      ],
      result: [
        154, 154, 191, 255, 109, 102, 122, 149, 138, 214, 215, 246, 202, 190, 138, 76, 198, 138, 123, 62,
        139,
      ]),
  ]

  @Test(arguments: cases) func imagesAreRotatedAndScaledAsBySciPy(_ one: Case) {
    var change = ImageChange()
    (change.isFlipped, change.turn, change.size) = (one.isFlipped, one.degrees * .pi / 180, one.size)
    (change.down, change.right, change.edge) = (one.down, one.right, one.edge)
    let result = changed(one.image, one.shape, change)
    #expect(result.count == one.result.count)
    // If a sum ends in a half, the last digit of a sine decides how it is rounded.
    #expect(zip(result, one.result).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "\(result)")
    #expect(zip(result, one.result).count { $0 != $1 } <= 2)
  }

  private func changed(_ image: [UInt8], _ shape: ImageShape, _ change: ImageChange) -> [UInt8] {
    var result = [UInt8](repeating: 0xA5, count: shape.byteCount)
    change.write(image, shape, to: &result)
    return result
  }

  private static let shape = ImageShape(height: 6, width: 5, channels: 3)
  private static let image = (0..<shape.byteCount).map { UInt8(($0 * 89 + 7) % 256) }

  @Test func aQuarterTurnOfASquareMovesWholePixels() {
    let shape = ImageShape(height: 3, width: 3, channels: 1)
    var change = ImageChange()
    change.turn = .pi / 2
    #expect(changed([1, 2, 3, 4, 5, 6, 7, 8, 9], shape, change) == [7, 4, 1, 8, 5, 2, 9, 6, 3])
    change.isFlipped = true
    #expect(changed([1, 2, 3, 4, 5, 6, 7, 8, 9], shape, change) == [9, 6, 3, 8, 5, 2, 7, 4, 1])
  }

  /// These images are smaller than the four pixels that interpolation reads.
  @Test func theSmallestImagesAreRotated() {
    for edge in ImageEdge.allCases {
      var change = ImageChange()
      (change.turn, change.size, change.edge) = (0.5, 0.5, edge)
      #expect(changed([200], ImageShape(height: 1, width: 1, channels: 1), change) == [200])
      // Reflected edges add no values of their own; zero edges add black.
      let pair = changed([200, 100], ImageShape(height: 1, width: 2, channels: 1), change)
      #expect(pair.allSatisfy { $0 <= 200 && (edge == .zero || $0 >= 100) }, "\(pair)")
    }
  }

  @Test(arguments: [(1.5, 1.0), (0.5, 1.0), (1.0, 0.0), (1.0, 2.0), (0.7, 1.4), (2.0, 2.0)])
  func tonesFollowTheDefinition(_ brightness: Double, _ contrast: Double) {
    var change = ImageChange()
    change.tones = ToneChange(brightness: brightness, contrast: contrast)
    let result = changed(Self.image, Self.shape, change)
    let mean = Self.image.reduce(0) { $0 + Double($1) } / Double(Self.image.count)
    #expect(result.count == Self.image.count)
    for (value, old) in zip(result, Self.image) {
      let exact = min(255, max(0, brightness * (contrast * Double(old) + (1 - contrast) * mean)))
      #expect(abs(Double(value) - exact) <= 0.5 + 1e-9)
    }
  }

  // MARK: - Random draws

  private func changes(_ augmentation: Augmentation, count: Int = 2000) -> [ImageChange] {
    (0..<count).map { ImageChange(augmentation, shape: Self.shape, seed: 5, time: 3, index: $0) }
  }

  /// Checks that `values` are within `distance` of `middle`, and spread evenly over that range.
  private func expectEven(_ values: [Double], around middle: Double, by distance: Double) {
    let places = values.map { ($0 - middle) / distance }
    #expect(places.allSatisfy { abs($0) <= 1 + 1e-12 })
    let (count, quarters) = (Double(values.count), 4)
    for quarter in 0..<quarters {
      let from = -1 + 2 * Double(quarter) / Double(quarters)
      let found = Double(places.count { $0 >= from && $0 < from + 0.5 })
      // Six standard deviations of a binomial count.
      #expect(abs(found - count / 4) < 6 * (count * 3 / 16).squareRoot(), "\(quarter): \(found)")
    }
  }

  @Test func anglesSizesAndTonesAreDrawnEvenly() {
    let all = changes(Augmentation(rotation: 30, scaling: 20, brightness: 0.4, contrast: 0.5))
    expectEven(all.map(\.turn), around: 0, by: .pi / 6)
    expectEven(all.map(\.size), around: 1, by: 0.2)
    expectEven(all.compactMap(\.tones?.brightness), around: 1, by: 0.4)
    expectEven(all.compactMap(\.tones?.contrast), around: 1, by: 0.5)
    #expect(all.allSatisfy { $0.tones != nil })
  }

  /// A word's draws do not depend on the other words, and a word that is not used changes nothing.
  @Test func noWordChangesWhatAnotherDraws() {
    let old = Augmentation(flips: true, shift: 2, erasing: RandomErasing(probability: 0.5), cutout: 2)
    var new = old
    (new.rotation, new.contrast) = (30, 0.5)
    var further = new
    (further.scaling, further.brightness) = (10, 0.2)
    let rows = zip(changes(old, count: 50), zip(changes(new, count: 50), changes(further, count: 50)))
    for (before, (some, all)) in rows {
      #expect(before.turn == 0 && before.size == 1 && before.tones == nil)
      #expect(some.turn == all.turn && some.turn != 0 && some.size == 1 && all.size != 1)
      #expect(some.tones?.contrast == all.tones?.contrast && some.tones?.brightness == 1)
      for change in [some, all] {
        #expect(change.isFlipped == before.isFlipped && change.down == before.down)
        #expect(
          change.right == before.right && change.erased == before.erased && change.cutOut == before.cutOut)
      }
    }
  }

  @Test func everyTimeHasItsOwnAngle() {
    let augmentation = Augmentation(rotation: 10)
    let turns = Set(
      (1...50).map { ImageChange(augmentation, shape: Self.shape, seed: 5, time: $0, index: 3).turn })
    #expect(turns.count == 50)
  }
}
