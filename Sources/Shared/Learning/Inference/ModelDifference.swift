// Checks that models answer the same question: for images of the same shape, with the same classes.

import ByteIO
import Networks
import TensorStream

/// The first difference between a model and what it must agree with.
public enum ModelDifference: Equatable, Sendable {
  case shape(ImageShape, wanted: ImageShape)
  case classCount(Int, wanted: Int)
  case className(label: Int, String, wanted: String)
  case recipe(RecordedRecipe?, wanted: RecordedRecipe?)
}

extension Model {
  /// Returns how the model differs from one for these images and classes, or `nil` if it does not. Class names or a
  /// recipe that are unknown agree with everything.
  ///
  /// - Complexity: O(c) for c class names.
  public func difference(
    from input: ImageShape, classCount: Int, classes: [String]?, recipe: RecordedRecipe?
  ) -> ModelDifference? {
    guard architecture.input == input else { return .shape(architecture.input, wanted: input) }
    guard architecture.classCount == classCount else {
      return .classCount(architecture.classCount, wanted: classCount)
    }
    if let ours = self.classes, let classes,
      let label = zip(ours, classes).enumerated().first(where: { !$1.0.utf8.elementsEqual($1.1.utf8) })?
        .offset
    {
      return .className(label: label, ours[label], wanted: classes[label])
    }
    return RecordedRecipe.agree(self.recipe, recipe) ? nil : .recipe(self.recipe, wanted: recipe)
  }
}

/// Two models whose answers cannot be averaged.
public struct EnsembleError: Failure, Equatable {
  public let name: String
  /// The model that it differs from.
  public let other: String
  public let difference: ModelDifference

  public init(name: String, other: String, difference: ModelDifference) {
    (self.name, self.other, self.difference) = (name, other, difference)
  }

  public var kind: FailureKind { .badData }

  public var description: String {
    switch difference {
    case .shape(let shape, let wanted):
      "\(name): the model is for images of \(shape.text), but \(other) is for \(wanted.text)"
    case .classCount(let count, let wanted):
      "\(name): the model has \(count) classes, but \(other) has \(wanted)"
    case .className(let label, let className, let wanted):
      "\(name): class \(label) is '\(displayed(className))', but '\(displayed(wanted))' in \(other)"
    case .recipe(let recipe, let wanted):
      "\(name): the model learned from images made by the recipe '\(recipe?.text ?? "none")', but \(other) from images made"
        + " by '\(wanted?.text ?? "none")'"
    }
  }
}

extension [EnsembleMember] {
  /// The class names of the first model that has any; `nil` if none does.
  public var classes: [String]? { lazy.compactMap(\.model.classes).first }

  /// The recipe by which pictures became images, as far as the models record it.
  public var recipe: RecordedRecipe? { reduce(nil) { RecordedRecipe.joined($0, $1.model.recipe) } }

  /// Throws an ``EnsembleError`` if a model differs from one before it. With `takesAnyRecipe`, recipes may differ.
  /// `names` identify the models in messages.
  ///
  /// - Complexity: O(n² c) for n models with c classes.
  public func checkAgreement(names: [String], takesAnyRecipe: Bool = false) throws(EnsembleError) {
    for (index, member) in enumerated() {
      for (other, name) in zip(self[..<index], names) {
        let model = other.model
        let difference = member.model.difference(
          from: model.architecture.input, classCount: model.architecture.classCount, classes: model.classes,
          recipe: takesAnyRecipe ? nil : model.recipe)
        if let difference {
          throw EnsembleError(name: names[index], other: name, difference: difference)
        }
      }
    }
  }
}
