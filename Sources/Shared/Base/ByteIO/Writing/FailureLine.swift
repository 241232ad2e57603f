// The last line of a text whose writer failed. Without it, a truncated table looks complete.
import CSystem

/// A line that replaces the rows that a failed command did not write, and that no reader mistakes for a row: `#failed`,
/// a tab and the message in tables; `{"failed":"…"}` in JSON Lines.
///
/// This is unambiguous: a row whose first field can be `#failed` has more than two fields, and names and messages
/// contain no tabs.
public enum FailureLine {
  public enum Form: Sendable {
    case table
    case jsonLines
  }

  private static let tableMark = Array("#failed\t".utf8)
  private static let objectMark = Array("{\"failed\":\"".utf8)

  /// Returns the line, without a newline. Control characters in the message are escaped.
  public static func text(_ message: String, _ form: Form) -> String {
    let plain = message.unicodeScalars
      .map { $0.properties.generalCategory == .control ? displayed(String($0)) : String($0) }.joined()
    switch form {
    case .table: return "#failed\t\(plain)"
    case .jsonLines:
      let escaped = plain.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return "{\"failed\":\"\(escaped)\"}"
    }
  }

  /// Returns the message if the line is a failure line, in either form; otherwise `nil`. Cheap for rows.
  ///
  /// - Complexity: O(1) for rows of tables; O(*n*) for lines of *n* bytes that begin as a failure line does.
  public static func message(of line: some Collection<UInt8>) -> String? {
    switch line.first {
    case UInt8(ascii: "#"):
      guard line.starts(with: tableMark) else { return nil }
      let rest = line.dropFirst(tableMark.count)
      return rest.contains(UInt8(ascii: "\t")) ? nil : text(of: rest)
    case UInt8(ascii: "{"):
      guard line.starts(with: objectMark) else { return nil }
      let rest = line.dropFirst(objectMark.count)
      guard let quote = closingQuote(of: rest), rest[quote...].elementsEqual("\"}".utf8) else { return nil }
      return text(of: unescaped(rest[..<quote]))
    default: return nil
    }
  }

  private static func text(of bytes: some Collection<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasSuffix("\r") ? String(text.dropLast()) : text
  }

  /// Returns the bytes without the backslashes that escape quotes and backslashes.
  private static func unescaped(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var isEscaped = false
    return bytes.filter { byte in
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      return !isEscaped
    }
  }

  private static func closingQuote<Bytes: Collection<UInt8>>(of bytes: Bytes) -> Bytes.Index? {
    var isEscaped = false
    return bytes.indices.first { index in
      defer { isEscaped = bytes[index] == UInt8(ascii: "\\") && !isEscaped }
      return bytes[index] == UInt8(ascii: "\"") && !isEscaped
    }
  }
}

extension OutputFile {
  /// From now on, a text that is written directly to a reader ends with a ``FailureLine`` unless it is committed:
  /// ``fail(saying:)`` writes it, or, if a signal kills the process, the signal handler writes one that names `tool`. A
  /// terminal gets none, because people see standard error there. A temporary file gets none, because it will not
  /// appear. Call this before the first write.
  public func expectFailure(of tool: String, as form: FailureLine.Form) {
    guard isReadByProgram else { return }
    failureForm = form
    let line = FailureLine.text("\(tool): was stopped by a signal before its output was complete", form)
    csystem_guard_output(straightDescriptor, "\n" + line + "\n")
  }

  /// Ends the text with a line that says why it is incomplete.
  public func fail(saying message: String) {
    guard let form = failureForm else { return }
    failureForm = nil
    try? flush()
    let line = FailureLine.text(message, form) + "\n"
    // After a failed write, the output may end within a line.
    Array(((isDamaged ? "\n" : "") + line).utf8).withUnsafeBytes { bytes in
      try? SystemCalls.writeAll(straightDescriptor, bytes)
    }
    csystem_dismiss_guard()
  }
}
