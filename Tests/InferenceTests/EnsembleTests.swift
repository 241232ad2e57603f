// Ensembles of models: the mean of their probabilities, each at its own temperature and with its own views.

import Compute
import MemoryStreams
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct EnsembleTests {
  private static let shape = ImageShape(height: 12, width: 11, channels: 3)

  private func model(
    _ specification: String, seed: UInt64 = 1, temperature: Float? = nil, classes: [String]? = nil,
    classCount: Int = 4, shape: ImageShape = Self.shape
  ) throws -> Model {
    let architecture = try Architecture(specification: specification, input: shape, classCount: classCount)
    return Model(
      architecture: architecture,
      parameters: Initialization.reference.parameters(for: architecture, seed: seed), classes: classes,
      history: [], training: nil, temperature: temperature)
  }

  private func members() throws -> [EnsembleMember] {
    [
      EnsembleMember(try model("conv:5 relu pool linear:20 relu"), averaging: .flip),
      EnsembleMember(try model("linear:9 relu", seed: 2, temperature: 0.25)),
      EnsembleMember(try model("conv:3 norm relu", seed: 3, temperature: 3), averaging: Averaging(shift: 1)),
    ]
  }

  private func predictions(
    _ members: [EnsembleMember], _ data: Dataset, batch: Int = 8, jobs: Int = 1, asLogarithms: Bool = false
  ) throws -> RecordBatch {
    let classifier = try ImageClassifier(
      members, batchCapacity: batch, engine: Engine(instructionSet: .best, jobs: jobs),
      predictsLogarithms: asLogarithms)
    var all = RecordBatch(
      format: RecordFormat(content: classifier.content, hasLabels: false, hasNames: false))
    all.count = data.count
    classifier.predict(data.images, count: data.count, into: &all)
    return all
  }

  @Test func probabilitiesAreTheMeanOverTheModels() throws {
    let data = Dataset.pictures(21, shape: Self.shape)
    let each = try members().map { try predictions([$0], data).probabilities }
    let together = try predictions(members(), data)
    #expect(together.probabilities.count == 84)
    for place in 0..<84 {
      let mean = (Double(each[0][place]) + Double(each[1][place]) + Double(each[2][place])) / 3
      #expect(abs(Double(together.probabilities[place]) - mean) <= mean * 0x1p-24)
    }
    for record in 0..<21 {
      let row = together.probabilities[4 * record..<4 * record + 4]
      #expect(Int(together.predicted[record]) == row.firstIndex(of: row.max()!)! - row.startIndex)
    }
  }

  @Test func aTemperatureDividesLogits() throws {
    let data = Dataset.pictures(9, shape: Self.shape)
    for averaging in [Averaging.none, .flip] {
      let plain = try predictions([EnsembleMember(model("linear:9 relu"), averaging: averaging)], data)
      let sharp = try predictions(
        [EnsembleMember(model("linear:9 relu", temperature: 0.25), averaging: averaging)], data)
      for record in 0..<9 {
        // (softmax z)⁴, normalised to a sum of 1, is softmax(z / ¼).
        let powers = plain.probabilities[4 * record..<4 * record + 4].map { pow(Double($0), 4) }
        for (column, power) in powers.enumerated() {
          let expected = power / powers.reduce(0, +)
          #expect(abs(Double(sharp.probabilities[4 * record + column]) - expected) <= 1e-5 * expected)
        }
      }
      #expect(sharp.predicted == plain.predicted)
      #expect(sharp.probabilities != plain.probabilities)
    }
  }

  @Test func logarithmsAreThoseOfTheMeanEvenIfItUnderflows() throws {
    let data = Dataset.pictures(21, shape: Self.shape)
    // At a temperature of 0.01, some probabilities are too small for a Float.
    let members = [
      EnsembleMember(try model("linear:9 relu", seed: 2, temperature: 0.01)),
      EnsembleMember(try model("linear:9 relu", seed: 2, temperature: 0.0101)),
    ]
    let each = try members.map {
      try predictions([$0], data, asLogarithms: true).probabilities.map(Double.init)
    }
    let together = try predictions(members, data, asLogarithms: true).probabilities
    for (place, ours) in together.enumerated() {
      let (one, other) = (each[0][place], each[1][place])
      let high = max(one, other)
      let expected = high + log((exp(one - high) + exp(other - high)) / 2)
      #expect(abs(Double(ours) - expected) <= abs(expected) * 0x1p-23 + 0x1p-24, "\(place)")
    }
    let three = try predictions(self.members(), data, asLogarithms: true).probabilities
    let probabilities = try predictions(self.members(), data).probabilities
    #expect(three.count == probabilities.count && !three.isEmpty && !together.isEmpty)
    for (ours, probability) in zip(three, probabilities) {
      #expect(abs(Double(exp(ours)) - Double(probability)) <= 1e-6)
    }
  }

  /// A mean with a NaN in it is NaN, whichever model comes first.
  @Test(arguments: [false, true]) func aModelThatPredictsNaNIsNotOutvoted(_ asLogarithms: Bool) throws {
    let data = Dataset.pictures(3, shape: Self.shape)
    var broken = try model("linear:9 relu", seed: 2)
    for index in broken.parameters.indices {
      broken.parameters[index].values = broken.parameters[index].values.map { _ in .nan }
    }
    let members = [EnsembleMember(try model("relu")), EnsembleMember(broken)]
    for members in [members, members.reversed()] {
      let answers = try predictions(members, data, asLogarithms: asLogarithms).probabilities
      #expect(answers.count == 12 && answers.allSatisfy(\.isNaN), "\(answers)")
    }
  }

  @Test(arguments: [1, 2, 3, 5]) func predictionsDoNotDependOnBatchesThreadsOrOrder(_ jobs: Int) throws {
    let data = Dataset.pictures(50, shape: Self.shape)
    for asLogarithms in [false, true] {
      let whole = try predictions(members(), data, batch: 64, asLogarithms: asLogarithms).probabilities
      for batch in [1, 7, 50] {
        #expect(
          try predictions(members(), data, batch: batch, jobs: jobs, asLogarithms: asLogarithms).probabilities
            == whole)
      }
      if !asLogarithms {
        #expect(try predictions(members().reversed(), data, batch: 64).probabilities == whole)
      }
    }
  }

  @Test func modelsThatDoNotAgreeAreNamed() throws {
    func refusal(_ first: Model, _ second: Model, takesAnyRecipe: Bool = false) -> ModelDifference? {
      do {
        try [EnsembleMember(first), EnsembleMember(second)]
          .checkAgreement(names: ["first", "second"], takesAnyRecipe: takesAnyRecipe)
        return nil
      } catch {
        #expect(error.name == "second" && error.other == "first" && error.kind == .badData)
        #expect(error.description.hasPrefix("second: ") && error.description.contains(" first"))
        return error.difference
      }
    }
    let names = ["a", "b", "c", "d"]
    let one = try model("relu", classes: names)
    #expect(refusal(one, try model("linear:5")) == nil)
    let small = ImageShape(height: 12, width: 12, channels: 3)
    #expect(refusal(one, try model("relu", shape: small)) == .shape(small, wanted: Self.shape))
    #expect(refusal(one, try model("relu", classCount: 5)) == .classCount(5, wanted: 4))
    #expect(
      refusal(one, try model("relu", classes: ["a", "c", "b", "d"])) == .className(label: 1, "c", wanted: "b")
    )
    var (exact, fit) = (one, one)
    (exact.recipe, fit.recipe) = (RecordedRecipe("fashion-mnist"), RecordedRecipe("fit filter=area"))
    #expect(refusal(exact, fit) == .recipe(fit.recipe, wanted: exact.recipe))
    #expect(refusal(exact, fit, takesAnyRecipe: true) == nil)
    #expect(refusal(exact, one) == nil)
  }

  /// The first model has no class names, but the second has. The third is compared with those.
  @Test func classNamesComeFromTheFirstModelThatHasThem() throws {
    let names = ["a", "b", "c", "d"]
    let members = [
      EnsembleMember(try model("relu")), EnsembleMember(try model("relu", classes: names)),
      EnsembleMember(try model("relu", classes: ["a", "b", "c", "x"])),
    ]
    #expect(members.classes == names)
    #expect(throws: EnsembleError(name: "z", other: "y", difference: .className(label: 3, "x", wanted: "d")))
    {
      try members.checkAgreement(names: ["x", "y", "z"])
    }
  }
}
