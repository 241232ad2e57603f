// Reads labels stored next to pictures in archives. By WebDataset's convention, they are in a member with the same name
// and another ending.
import ByteIO
import JSON

/// Turns the content of members into labels.
public struct MemberLabels: Sendable {
  /// The endings of members that hold labels.
  public enum Ending: String, CaseIterable, Sendable {
    /// The label's digits, or the class's name.
    case cls
    /// A JSON object with a number or a name under the key `label`, or under `class` if `label` is missing.
    case json
  }

  /// The most bytes of such a member: more than enough for a class and other facts about a picture.
  public static let byteLimit = 1 << 20

  public let ending: Ending
  /// The classes by name. If it is `nil`, labels are numbers.
  let classes: ClassLookup?

  public init(_ ending: Ending, classes: [String]?) {
    self.ending = ending
    self.classes = classes.map(ClassLookup.init(names:))
  }

  public static func isEnding(_ text: String) -> Bool { Ending(rawValue: text) != nil }

  /// Returns the label of a picture, from the content of the member next to it.
  func label(of member: ArchiveMember) throws -> UInt8 {
    guard let content = member.label else { throw LabelProblem.noMember(ending: ending.rawValue) }
    let text = try text(in: try content.get())
    if let classes {
      guard let label = classes.label(of: text) else {
        throw LabelProblem.memberNotAClass(displayed(text.prefix(80)), ending: ending.rawValue)
      }
      return label
    }
    let digits = String(decoding: text, as: UTF8.self)
    guard let label = wholeNumber(digits).flatMap(UInt8.init(exactly:)) else {
      throw LabelProblem.memberNotANumber(displayed(text.prefix(80)), ending: ending.rawValue)
    }
    return label
  }

  /// Returns the class's name, or the label's digits.
  private func text(in bytes: [UInt8]) throws -> [UInt8] {
    switch ending {
    case .cls:
      // Some programs end it with a newline.
      return Array(bytes.trimmed(while: isBlank))
    case .json:
      let value: JSONValue
      do { value = try JSONValue(parsing: bytes) } catch { throw LabelProblem.memberNotJSON("\(error)") }
      switch value["label"] ?? value["class"] {
      case .string(let text): return Array(text.utf8)
      case .number(let text): return Array(text.utf8)
      default: throw LabelProblem.memberWithoutLabel
      }
    }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
}
