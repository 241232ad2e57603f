// What to do with files of the wrong kind, where an option helps. ByteIO says the rest.
import ByteIO

extension FoundContent {
  /// The options that take such a file; `nil` if there are none.
  public var remedy: String? {
    switch kind {
    case .safetensors, .pytorch: "pass a model to fm-predict --model"
    case .tar: "png2raw --tar and fm-predict --tar read the pictures in it"
    default: nil
    }
  }
}
