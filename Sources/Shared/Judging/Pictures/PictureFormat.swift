// The formats of pictures, and the errors of drawing one.
import ByteIO

/// The format of a picture's file.
public enum PictureFormat: String, CaseIterable, Sendable {
  /// Lines and letters as shapes, sharp at any size.
  case svg
  /// Pixels.
  case png

  /// Creates the format that a file's name ends in, in upper or lower case; `nil` for other names.
  public init?(fileName: FilePath) {
    guard let ending = fileName.text.split(separator: "/").last?.split(separator: ".").dropFirst().last else {
      return nil
    }
    self.init(rawValue: ending.lowercased())
  }
}

/// Why a picture cannot be made.
public enum PictureError: Failure, Equatable {
  case tooLarge(width: Int, height: Int)
  case cairo(status: String)

  public var kind: FailureKind {
    switch self {
    case .tooLarge: .usage
    case .cairo: .internalDefect
    }
  }

  public var description: String {
    switch self {
    case .tooLarge(let width, let height):
      "the picture would have \(grouped(width)) × \(grouped(height)) pixels, expected at most \(grouped(Picture.sideLimit)) per"
        + " side and \(grouped(Picture.pixelLimit)) in all; ask for fewer or smaller images"
    case .cairo(let status):
      "drawing failed: Cairo says '\(status)'; this is a bug in fm-tools, please report it"
    }
  }
}
