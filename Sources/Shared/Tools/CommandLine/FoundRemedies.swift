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

  /// The options that take such a file, or else `writer`, which says what writes the file that was expected. The
  /// description may already have advice of its own, beside which `writer` would confuse.
  public func remedy(or writer: String) -> String? { remedy ?? (kind?.remedy == nil ? writer : nil) }
}
