// Initial weights with a structure: orthogonal matrices, and convolutions that pass their inputs through.

import Networks
import TensorStream
import Testing

@Suite struct FirstWeightTests {
  private func parameters(
    _ initialization: Initialization, _ specification: String, seed: UInt64 = 1, channels: Int = 3
  ) throws -> [String: Parameter] {
    let architecture = try Architecture(
      specification: specification, input: ImageShape(height: 9, width: 8, channels: channels), classCount: 10
    )
    let parameters = initialization.parameters(for: architecture, seed: seed)
    return Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
  }

  // MARK: - Orthogonal

  /// The largest absolute value in W Wᵀ / `gain`² − I, or in Wᵀ W / `gain`² − I if that matrix is smaller; NaN
  /// if one of these values is NaN. W is row-major.
  private func distanceFromOrthogonal(_ values: [Float], rows: Int, gain: Double) -> Double {
    let columns = values.count / rows
    let isWide = rows <= columns
    let (count, length) = isWide ? (rows, columns) : (columns, rows)
    func value(_ vector: Int, _ place: Int) -> Double {
      Double(isWide ? values[vector * columns + place] : values[place * columns + vector]) / gain
    }
    var worst = 0.0
    for one in 0..<count {
      for other in 0...one {
        let product = (0..<length).reduce(0) { $0 + value(one, $1) * value(other, $1) }
        let error = abs(product - (one == other ? 1 : 0))
        // `max` may skip NaN.
        guard !error.isNaN else { return .nan }
        worst = max(worst, error)
      }
    }
    return worst
  }

  /// Layers with fewer outputs than inputs, an equal number, more, and a single output.
  @Test(arguments: [
    ("linear:20", "fc1", 20), ("linear:216", "fc1", 216), ("linear:220", "fc1", 220), ("linear:1", "fc1", 1),
    ("conv:5", "conv1", 5), ("conv:40,kernel=2", "conv1", 40), ("conv:27", "conv1", 27),
    ("conv:7,kernel=1x3", "conv1", 7),
  ])
  func hiddenWeightsAreOrthonormalTimesTheRootOfTwo(_ specification: String, _ layer: String, _ rows: Int)
    throws
  {
    let weight = try #require(parameters(.orthogonal, specification)["\(layer).weight"])
    #expect(weight.shape[0] == rows)
    let distance = distanceFromOrthogonal(weight.values, rows: rows, gain: 2.0.squareRoot())
    // Values are rounded to Float, which is a relative error of 2⁻²⁴ in vectors of unit length.
    #expect(distance <= 2e-7, "\(distance)")
  }

  @Test(arguments: ["linear:25", "linear:4"])
  func logitsOfOrthogonalWeightsAreSmall(_ specification: String) throws {
    let weight = try #require(parameters(.orthogonal, specification)["out.weight"])
    let inputs = weight.shape[1]
    let distance = distanceFromOrthogonal(
      weight.values, rows: 10, gain: 1 / Double(inputs).squareRoot())
    #expect(distance <= 2e-7, "\(distance)")
  }

  /// Each group reads only its own inputs, so its weights are a matrix by themselves.
  @Test func eachGroupIsOrthogonal() throws {
    let parameters = try parameters(.orthogonal, "conv:12 conv:24,groups=4")
    let weight = try #require(parameters["conv2.weight"])
    let size = 6 * 27
    for group in 0..<4 {
      let values = Array(weight.values[group * size..<(group + 1) * size])
      #expect(distanceFromOrthogonal(values, rows: 6, gain: 2.0.squareRoot()) <= 2e-7)
    }
    #expect(Set((0..<4).map { weight.values[$0 * size] }).count == 4)
  }

  /// With the signs that a decomposition happens to return, the first value of a matrix would not be negative as often
  /// as positive. The mean of its square is that of uniform directions, 1 / length. Both hold within five standard
  /// deviations over 400 matrices.
  @Test func orthogonalMatricesHaveUniformDirections() throws {
    let values = try (0..<400).map { seed in
      let weight = try #require(
        parameters(.orthogonal, "linear:3", seed: UInt64(seed), channels: 1)["fc1.weight"])
      return [weight.values[0], weight.values[72 * 2 + 71]].map { Double($0) / 2.0.squareRoot() }
    }
    for place in 0..<2 {
      let positive = values.count { $0[place] > 0 }
      #expect(abs(positive - 200) <= 50)
      // The square of a direction's cosine in n dimensions has mean 1/n and a standard deviation below √2/n.
      let mean = values.reduce(0) { $0 + $1[place] * $1[place] } / 400
      #expect(abs(mean - 1.0 / 72) <= 5 * 2.0.squareRoot() / 72 / 20)
    }
  }

  // MARK: - Dirac

  struct Passing: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var outputs: Int
    var inputs: Int
    var groups = 1
    var kernel = (height: 3, width: 3)
    var dilation = 1

    static let all = [
      Passing(testDescription: "as many outputs as inputs", outputs: 6, inputs: 6),
      Passing(testDescription: "more outputs than inputs", outputs: 11, inputs: 4),
      Passing(testDescription: "groups", outputs: 12, inputs: 6, groups: 3),
      Passing(testDescription: "depthwise", outputs: 5, inputs: 5, groups: 5),
      Passing(testDescription: "one pixel", outputs: 4, inputs: 3, kernel: (1, 1)),
      Passing(testDescription: "3 x 5, dilated", outputs: 4, inputs: 4, kernel: (3, 5), dilation: 2),
    ]
  }

  /// A convolution computed naively: the first outputs of each group are exactly its inputs.
  @Test(arguments: Passing.all)
  func theFirstFiltersPassTheirInputsThrough(_ passing: Passing) throws {
    let word =
      "conv:\(passing.outputs),kernel=\(passing.kernel.height)x\(passing.kernel.width),groups=\(passing.groups),"
      + "dilation=\(passing.dilation)"
    let parameters = try parameters(.dirac, word, channels: passing.inputs)
    let weight = try #require(parameters["conv1.weight"])
    #expect(try #require(parameters["conv1.bias"]).values.allSatisfy { $0 == 0 })
    let (height, width) = (6, 7)
    let pixels = (0..<passing.inputs * height * width).map { Float($0 * 37 % 101) / 7 - 5 }
    func pixel(_ channel: Int, _ y: Int, _ x: Int) -> Float {
      (0..<height).contains(y) && (0..<width).contains(x) ? pixels[(channel * height + y) * width + x] : 0
    }
    let (outputsOfGroup, inputsOfGroup) = (passing.outputs / passing.groups, passing.inputs / passing.groups)
    let (padY, padX) = (
      passing.dilation * (passing.kernel.height / 2), passing.dilation * (passing.kernel.width / 2)
    )
    for group in 0..<passing.groups {
      for input in 0..<inputsOfGroup {
        let output = group * outputsOfGroup + input
        for (y, x) in (0..<height).flatMap({ y in (0..<width).map { (y, $0) } }) {
          var sum: Float = 0
          for channel in 0..<inputsOfGroup {
            for (u, v) in (0..<passing.kernel.height).flatMap({ u in
              (0..<passing.kernel.width).map { (u, $0) }
            }) {
              let index =
                ((output * inputsOfGroup + channel) * passing.kernel.height + u) * passing.kernel.width + v
              sum +=
                weight.values[index]
                * pixel(
                  group * inputsOfGroup + channel, y + u * passing.dilation - padY,
                  x + v * passing.dilation - padX)
            }
          }
          #expect(sum == pixel(group * inputsOfGroup + input, y, x))
        }
      }
    }
  }

  /// Filters beyond the number of inputs, convolutions with fewer outputs than inputs, linear layers and normalisations
  /// are initialised as by `kaiming`.
  @Test func everythingElseIsAsWithKaiming() throws {
    let specification = "conv:8,kernel=2 norm relu conv:5 relu conv:5,groups=5 linear:6"
    let (dirac, kaiming) = (try parameters(.dirac, specification), try parameters(.kaiming, specification))
    #expect(dirac.keys.sorted() == kaiming.keys.sorted())
    for (name, parameter) in kaiming where !["conv1.weight", "conv3.weight"].contains(name) {
      #expect(dirac[name] == parameter, "\(name)")
    }
    let (first, plain) = (
      try #require(dirac["conv1.weight"]).values, try #require(kaiming["conv1.weight"]).values
    )
    #expect(first[36...] == plain[36...])
    // Filters of 3 inputs with 2 × 2 taps: the tap after the middle is the last.
    #expect(first[..<36].indices.filter { first[$0] != 0 } == [3, 12 + 4 + 3, 24 + 8 + 3])
    #expect(first[..<36].reduce(0, +) == 3)
  }
}
