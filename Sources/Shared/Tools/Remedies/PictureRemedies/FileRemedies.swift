// What to type if IDX files, tables of labels or lists of names cannot be used, or images cannot be written.
import ByteIO
import CommandLine
import ImageFiles

extension IDXError: Remediable {
  public var remedy: String? {
    switch self {
    case .notIDX(_, let start): FileKind.found(start).remedy
    case .scaleMissing:
      "use --scale 255 if the values are from 0 to 1, or --scale 1 if they are from 0 to 255"
    case .channelsUnclear: "say which with --channels first or --channels last"
    case .pixelValue(_, _, _, pixel: nil): "use --scale and --offset to turn numbers into pixels"
    case .pixelValue(_, _, let found, _) where found.isFinite: "correct --scale or --offset"
    case .nothingLeft: "use a smaller --skip"
    default: nil
    }
  }
}

extension ClassFolderError: Remediable {
  public var remedy: String? {
    switch self {
    case .tooMany: "did you mean --label-from directory?"
    case .nested: "move it, or list the classes with --classes"
    case .depths: "name the folders that contain them, or list the classes with --classes"
    case .order(let error): knownRemedy(for: error)
    }
  }
}

extension LabelTableError: Remediable {
  public var remedy: String? {
    switch self {
    case .foreign(_, let found): found.remedy
    case .order(_, let error): knownRemedy(for: error)
    case .line, .empty: nil
    }
  }
}

extension NameListError: Remediable {
  public var remedy: String? { if case .foreign(_, let found) = self { found.remedy } else { nil } }
}

extension ImageFolderError: Remediable {
  public var remedy: String? {
    if case .exists = self { "name another folder, or replace files with --force" } else { nil }
  }
}
