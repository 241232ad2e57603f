// The reasons why images are not a training set or a held-out set, and their messages.

import ByteIO
import Compute
import TensorStream

/// Why a stream cannot be used as a data set.
public enum DatasetError: Failure, Equatable {
  case noImages(name: String)
  case noLabels(name: String)
  case empty(name: String)
  /// There is only one class, so there is nothing to learn.
  case oneClass(name: String, String)
  case differentShape(name: String, shape: ImageShape, wanted: ImageShape)
  case differentClasses(name: String, ClassDifference)
  case differentRecipe(name: String, recipe: RecordedRecipe?, wanted: RecordedRecipe?)
  case unknownLabel(name: String, label: Int, classCount: Int)
  /// There is memory for images of this many bytes and no more.
  case noRoom(name: String, byteCount: Int, room: MachineMemory.Room)
  /// The images take more bytes than allowed, and come from a pipe.
  case beyondLimit(name: String, limit: Int)

  public var kind: FailureKind {
    switch self {
    case .noRoom, .beyondLimit: .inputOutput
    default: .badData
    }
  }

  public var description: String {
    switch self {
    case .noImages(let name): "\(name): holds predictions, not images"
    case .noLabels(let name):
      "\(name): the images have no labels; give idx2raw the labels file too"
    case .empty(let name): "\(name): no records to learn from"
    case .oneClass(let name, let only):
      "\(name): the only class is '\(displayed(only))'; a classifier tells 2 to 256 classes apart"
    case .differentShape(let name, let shape, let wanted):
      "\(name): images of \(shape.text), but the training images are \(wanted.text)"
    case .differentClasses(let name, let difference):
      "\(name): \(difference.words("the training images"))"
    case .differentRecipe(let name, let recipe, let wanted):
      "\(name): images made by the recipe '\(recipe?.text ?? "none")', but the training images by"
        + " '\(wanted?.text ?? "none")'; make both with the same recipe"
    case .unknownLabel(let name, let label, let classCount):
      "\(name): expected labels below \(classCount), the classes of the training images, got \(label)"
    case .noRoom(let name, let byteCount, let room):
      "\(name): there is not enough memory: after \(wholeMegabytes(byteCount)) of images, \(room.limit) leaves"
        + " \(wholeMegabytes(room.byteCount)); write the stream to a file, which is read as needed, train on fewer"
        + " images ('fm-split' takes a share of them), or raise the limit"
    case .beyondLimit(let name, let limit):
      "\(name): the images take more memory than the \(limit) bytes allowed; write the stream to a file, which is read"
        + " as needed, or raise the limit"
    }
  }
}
