// Labels that lie next to pictures in archives, by WebDataset's convention: a member of the same name with another ending.
import ByteIO
import JSON

/// How the content of a member is a label.
public struct MemberLabels: Sendable {
  /// The endings that members with labels have.
  public enum Ending: String, CaseIterable, Sendable {
    /// The label's digits, or the class's name.
    case cls
    /// An object with a member `label` or, if it has none, `class`: a number or a name.
    case json
  }

  /// More than a class and what else is said of a picture.
  public static let byteLimit = 1 << 20

  public let ending: Ending
  /// The classes by name; without them, labels are numbers.
  let classes: ClassLookup?

  public init(_ ending: Ending, classes: [String]?) {
    self.ending = ending
    self.classes = classes.map(ClassLookup.init(names:))
  }

  public static func isEnding(_ text: String) -> Bool { Ending(rawValue: text) != nil }

  /// The label of a picture, from what is in the member next to it.
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
    guard let label = UInt8(digits), digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
      throw LabelProblem.memberNotANumber(displayed(text.prefix(80)), ending: ending.rawValue)
    }
    return label
  }

  /// The class's name, or digits.
  private func text(in bytes: [UInt8]) throws -> [UInt8] {
    switch ending {
    case .cls:
      // Programs end it with a newline, or not.
      return Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
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
