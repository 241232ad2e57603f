// What a command adds to the reports of files: what to type. Without it, reports say only what the files contain.
import ByteIO

/// The words that a command adds to reports.
public struct InspectionAdvice: Sendable {
  /// The title of a network's specification: the option that takes such a text. At most 11 columns wide.
  public var specificationTitle: String
  /// What makes up for classes of unequal sizes in training; `nil` adds nothing.
  public var unequalClasses: String?
  /// Returns what to type after an error; `nil` if nothing in particular helps.
  public var remedy: @Sendable (any Error) -> String?

  public init(
    specificationTitle: String = "layers", unequalClasses: String? = nil,
    remedy: @escaping @Sendable (any Error) -> String? = { _ in nil }
  ) {
    self.specificationTitle = specificationTitle
    self.unequalClasses = unequalClasses
    self.remedy = remedy
  }

  /// Returns an error in words, with what to type.
  func words(_ error: any Error) -> String { withRemedy("\(error)", remedy(error)) }
}
