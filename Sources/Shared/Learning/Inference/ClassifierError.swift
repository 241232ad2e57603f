// The reasons why images do not fit a model, and their messages.

import ByteIO
import Execution
import TensorStream

/// Why a stream does not fit a model.
public enum ClassifierError: Failure, Equatable {
  case noImages(name: String)
  case differentShape(name: String, shape: ImageShape, wanted: ImageShape)
  case unknownLabel(name: String, record: Int, label: Int, classCount: Int)
  case differentClasses(name: String, ClassDifference)
  case numberedLabels(name: String, classes: [String])
  case differentRecipe(name: String, recipe: RecordedRecipe?, wanted: RecordedRecipe?)
  case tooLarge(NetworkSizeError)

  public var kind: FailureKind {
    if case .tooLarge(let error) = self { error.kind } else { .badData }
  }

  public var description: String {
    switch self {
    case .noImages(let name): "\(name): holds predictions, not images; give it to fm-eval"
    case .differentShape(let name, let shape, let wanted):
      "\(name): images of \(shape.text), but the model is for \(wanted.text)"
    case .unknownLabel(let name, let record, let label, let classCount):
      "\(name): record \(record): expected a label below \(classCount), the model's classes, got \(label)"
    case .differentClasses(let name, let difference): "\(name): \(difference.words("the model"))"
    case .numberedLabels(let name, let classes): "\(name): \(numberedLabelsText(classes))"
    case .differentRecipe(let name, let recipe, let wanted):
      "\(name): the images were made by the recipe '\(recipe?.text ?? "none")', but the model learned from images made by"
        + " '\(wanted?.text ?? "none")'"
    case .tooLarge(let error): error.description
    }
  }
}
