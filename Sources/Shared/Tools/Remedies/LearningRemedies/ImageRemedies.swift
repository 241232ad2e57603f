// What to type if images do not fit a model or each other, or if tables for training are something else.
import CommandLine
import DataRemedies
import Inference
import Training

extension AveragingError: Remediable {
  public var remedy: String? {
    switch self {
    case .trainedWithoutFlips: "leave out --average flip, train with --augment flip, or use --force"
    case .trainedWithoutShift(_, let shift):
      "leave out --average shift=\(shift), train with --augment shift=\(shift), or use --force"
    case .unknown: "use --average none, flip or shift=1"
    }
  }
}

extension ClassifierError: Remediable {
  public var remedy: String? {
    switch self {
    case .differentClasses: classNamesRemedy(owner: "the model")
    case .numberedLabels: numberedLabelsRemedy
    case .differentRecipe: "make them with that recipe, or use --force"
    case .tooLarge(let error): error.remedy
    case .noImages, .differentShape, .unknownLabel: nil
    }
  }
}

extension DatasetError: Remediable {
  public var remedy: String? {
    if case .differentClasses = self { classNamesRemedy(owner: "the training images") } else { nil }
  }
}

extension ClassWeightError: Remediable {
  public var remedy: String? { if case .foreign(_, let found) = self { found.remedy } else { nil } }
}
