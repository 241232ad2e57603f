// The header of a .npy array (format 1.0) that holds a chunk or an end. It is byte for byte what NumPy 2 writes.
import ByteIO

/// The header of one of a stream's arrays.
enum ArrayHeader: Equatable {
  /// A 1-D array of records.
  case chunk(RecordLayout, recordCount: Int)
  /// A 0-D array of bytes.
  case end(byteCount: Int)

  /// The size in bytes of everything before the text: the signature, two bytes for the version, and two for the size of
  /// the text, low byte first.
  static let preambleByteCount = FileKind.tensorStreamSignature.count + 4

  /// The whole header as bytes.
  var bytes: [UInt8] {
    var text = Array("{'descr': \(descr), 'fortran_order': False, 'shape': \(shape), }".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: growthByteCount)
    // Data starts at a multiple of 64 bytes. If the header needs no padding, NumPy nevertheless adds 64 blanks.
    let alignment = 64
    let padding = alignment - (Self.preambleByteCount + text.count + 1) % alignment
    text += [UInt8](repeating: UInt8(ascii: " "), count: padding)
    text.append(UInt8(ascii: "\n"))
    return FileKind.tensorStreamSignature + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
  }

  private var descr: String {
    switch self {
    case .end(let byteCount): "'|S\(byteCount)'"
    case .chunk(let layout, _): "[" + layout.fieldDescriptions.joined(separator: ", ") + "]"
    }
  }

  private var shape: String {
    switch self {
    case .end: "()"
    case .chunk(_, let recordCount): "(\(recordCount),)"
    }
  }

  /// NumPy leaves room for the first axis to grow to 21 digits in place; an array without axes cannot grow.
  private var growthByteCount: Int {
    switch self {
    case .end: 0
    case .chunk(_, let recordCount): 21 - String(recordCount).utf8.count
    }
  }
}

extension RecordLayout {
  /// NumPy's descriptions of the fields, in order.
  fileprivate var fieldDescriptions: [String] {
    var fields: [String] = []
    if let shape = format.imageShape {
      let channels = shape.channels == 1 ? "" : ", \(shape.channels)"
      fields.append("('image', '|u1', (\(shape.height), \(shape.width)\(channels)))")
    }
    if format.hasLabels { fields.append("('label', '|u1')") }
    if format.hasNames { fields.append("('name', '|S\(nameByteCount)')") }
    if let classCount = format.classCount {
      fields.append("('predicted', '|u1')")
      fields.append(
        "('\(format.isLogarithmic ? "log_probability" : "probability")', '<f4', (\(classCount),))")
    }
    return fields
  }
}
