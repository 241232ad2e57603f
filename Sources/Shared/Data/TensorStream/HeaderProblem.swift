// The errors of headers and their messages.
import ByteIO

/// The reason why a header is refused. Strings in the cases are printable ASCII: the grammar accepts no others.
public enum HeaderProblem: Error, Equatable, Sendable {
  // Before the text.
  case version(major: UInt8, minor: UInt8)
  case tooLong(byteCount: Int)
  case notTerminated
  // The syntax.
  case syntax(expected: String, found: UInt8?)
  case comment
  case numberNotDecimal(String)
  case numberTooLarge(String)
  case nestedTooDeep
  // The three keys.
  case notADictionary
  case keyUnknown(String)
  case keyTwice(String)
  case keyMissing(String)
  case valueUnexpected(String)
  case fortranOrder
  // The array.
  case plainArray(String)
  case chunkNotOneAxis([Int])
  case chunkEmpty
  case chunkTooLarge(Int)
  case endHasAxes([Int])
  case endEmpty
  case endTooLong(Int)
  // The fields.
  case fieldUnexpected
  case fieldHasTitle
  case fieldUnknown(String)
  case fieldTwice(String)
  case fieldsMissing(found: [String])
  case fieldsMixed(found: [String])
  case probabilitiesTwice
  case fieldsOutOfOrder(expected: [String], found: [String])
  case padding
  case field(String, FieldProblem)
}

/// The reason why a field's type or shape is refused.
public enum FieldProblem: Error, Equatable, Sendable {
  case nestedType
  case objectType
  case unicodeType(expected: String, found: String)
  case voidType(expected: String, found: String)
  case bigEndianType(expected: String, found: String)
  case nativeEndianType(expected: String, found: String)
  case otherType(expected: String, found: String)
  case shape(expected: String, found: [Int])
  case nameZeroWidth
  case nameTooWide(Int)
  case imageSize([Int])
  case classCount(Int)
}

extension HeaderProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .version(let major, let minor):
      "expected .npy format 1.0, found \(major).\(minor); numpy.lib.format.write_array(…, version=(1, 0)) writes it"
    case .tooLong(let count):
      "expected a header of at most \(StreamLimits.headerByteCount) bytes, found \(count)"
    case .notTerminated: "expected a newline at the end of the header"
    case .syntax(let expected, let found): "expected \(expected), found \(characterText(found))"
    case .comment: "found a comment; headers must not contain comments"
    case .numberNotDecimal(let text):
      "expected a number in plain decimal digits, found \(beginning(of: text))"
    case .numberTooLarge(let text): "found a number that is too large: \(beginning(of: text))"
    case .nestedTooDeep: "the header is nested too deeply"
    case .notADictionary:
      "expected the header {'descr': …, 'fortran_order': …, 'shape': …}, found another value"
    case .keyUnknown(let key):
      "expected the keys 'descr', 'fortran_order' and 'shape', found '\(beginning(of: key))'"
    case .keyTwice(let key): "the key '\(key)' appears twice"
    case .keyMissing(let key): "the key '\(key)' is missing"
    case .valueUnexpected(let key):
      switch key {
      case "descr": "'descr': expected a list of fields, or '|Sn' for the end"
      case "shape": "'shape': expected a tuple of plain numbers, such as (1024,)"
      default: "'\(key)': expected False"
      }
    case .fortranOrder: "expected 'fortran_order': False, found True; numpy.ascontiguousarray converts it"
    case .plainArray(let type):
      "expected an array of records with named fields, found a plain array of '\(beginning(of: type))'; "
        + "docs/stream-format.md shows how to make records"
    case .chunkNotOneAxis(let shape): "expected records in one dimension, found shape \(shapeText(shape))"
    case .chunkEmpty: "expected at least one record in a chunk, found shape (0,)"
    case .chunkTooLarge(let count): "\(count) records are too many: their size in bytes overflows"
    case .endHasAxes(let shape): "expected shape () for the end, found \(shapeText(shape))"
    case .endEmpty: "expected an end of at least one byte, found '|S0'"
    case .endTooLong(let count):
      "expected an end of at most \(StreamLimits.endByteCount) bytes, found '|S\(count)'"
    case .fieldUnexpected:
      "expected fields as ('name', 'type') or ('name', 'type', shape), found another form"
    case .fieldHasTitle: "found a field with a title; expected plain field names"
    case .fieldUnknown(let name):
      "found the unknown field '\(beginning(of: name))'; expected image, label, name, predicted, probability or"
        + " log_probability"
    case .fieldTwice(let name): "the field '\(name)' appears twice"
    case .fieldsMissing(let found):
      "expected the field 'image', or 'predicted' and 'probability' or 'log_probability', found \(listText(found))"
    case .fieldsMixed(let found):
      "expected the fields of images or those of predictions, found both: \(listText(found))"
    case .probabilitiesTwice: "expected 'probability' or 'log_probability', found both"
    case .fieldsOutOfOrder(let expected, let found):
      "expected the fields in the order \(listText(expected)), found \(listText(found))"
    case .padding: "found padding between the fields; numpy.lib.recfunctions.repack_fields removes it"
    case .field(let name, let problem): "field '\(name)': \(problem)"
    }
  }
}

extension FieldProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .nestedType: "expected a plain type, found a list of fields"
    case .objectType: "found Python objects; they are never read"
    case .unicodeType(let expected, let found):
      "expected '\(expected)', found the unicode type '\(beginning(of: found))'; names are bytes"
    case .voidType(let expected, let found):
      "expected '\(expected)', found raw bytes, '\(beginning(of: found))'"
    case .bigEndianType(let expected, let found):
      "expected '\(expected)', found the big-endian type '\(beginning(of: found))'"
    case .nativeEndianType(let expected, let found):
      "expected '\(expected)', found '\(beginning(of: found))', which does not fix the byte order"
    case .otherType(let expected, let found): "expected '\(expected)', found '\(beginning(of: found))'"
    case .shape(let expected, let found):
      "expected \(expected), found \(found.isEmpty ? "a single value" : "shape " + shapeText(found))"
    case .nameZeroWidth: "found '|S0', which holds no name; give NumPy a width, as in ('name', 'S37')"
    case .nameTooWide(let count):
      "expected at most \(StreamLimits.nameByteCount) bytes per name, found '|S\(count)'"
    case .imageSize(let shape):
      "expected 1 to \(StreamLimits.imageSide) rows and columns, found shape \(shapeText(shape))"
    case .classCount(let count): "expected 1 to \(StreamLimits.classCount) classes, found \(count)"
    }
  }
}

// MARK: - Parts of messages

private func shapeText(_ shape: [Int]) -> String {
  shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
}

private func listText(_ names: [String]) -> String {
  names.isEmpty ? "no field" : names.map { "'\($0)'" }.joined(separator: ", ")
}

private func characterText(_ byte: UInt8?) -> String {
  guard let byte else { return "the end of the header" }
  if (0x21...0x7E).contains(byte) { return "\"\(Character(Unicode.Scalar(byte)))\"" }
  return "byte 0x\(hexadecimal([byte]))"
}

/// Returns at most 40 characters of a string from the input, which is printable.
private func beginning(of text: String) -> String {
  text.count <= 40 ? text : text.prefix(39) + "…"
}
