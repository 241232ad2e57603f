// The element types of safetensors. Converts floating-point types and step counts to Float.

import Networks

#if !_endian(little)
  #error("safetensors is little-endian, and so are all machines that this reads on")
#endif

/// An element type, with the format's name for it.
public enum SafetensorsElementType: String, Equatable, Sendable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case float8e5m2 = "F8_E5M2"
  case float8e4m3 = "F8_E4M3"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case i64 = "I64"
  case u64 = "U64"
  case f64 = "F64"

  /// The bytes per element.
  public var byteCount: Int {
    switch self {
    case .bool, .u8, .i8, .float8e5m2, .float8e4m3: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32: 4
    case .i64, .u64, .f64: 8
    }
  }

  /// Whether elements of this type can be converted to Float. The conversion is exact, except that F64 is rounded to
  /// nearest.
  var isConvertible: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }

  /// Whether elements of a tensor with this name can be converted to Float. Of the integers, only PyTorch's step
  /// counts can.
  func isConvertible(named name: String) -> Bool {
    isConvertible || self == .i64 && ParameterDescription(name: name, shape: []).isNamedAsCounter
  }

  /// Appends the whole elements in `bytes` to `values`. The type must be convertible, or that of a step count.
  ///
  /// - Complexity: O(bytes).
  func append(_ bytes: UnsafeRawBufferPointer, to values: inout [Float]) {
    let count = bytes.count / byteCount
    func element<Bits: FixedWidthInteger & BitwiseCopyable>(_ index: Int, _: Bits.Type) -> Bits {
      bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
    }
    switch self {
    case .f32:
      // A single copy, since our own models are F32 and a loop is slow in debug builds.
      values += [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[..<(count * byteCount)]))
        initializedCount = count
      }
    case .f16: for index in 0..<count { values.append(Float(halfBits: element(index, UInt16.self))) }
    case .bf16:
      // The upper half of a Float.
      for index in 0..<count { values.append(Float(bitPattern: UInt32(element(index, UInt16.self)) << 16)) }
    case .f64:
      for index in 0..<count { values.append(Float(Double(bitPattern: element(index, UInt64.self)))) }
    case .i64: for index in 0..<count { values.append(Float(element(index, Int64.self))) }
    default: preconditionFailure("\(rawValue) does not become Float")
    }
  }
}

extension Float {
  /// Converts an IEEE 754 half: 1 sign bit, 5 exponent bits with bias 15, 10 significand bits.
  ///
  /// Computed by hand, because Swift has no `Float16` on macOS for x86-64.
  init(halfBits bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1f)
    let significand = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:
      // Zero and subnormals: significand · 2⁻²⁴, exact in Float.
      let magnitude = Float(significand) * 0x1p-24
      self = Float(bitPattern: magnitude.bitPattern | sign)
    case 31: self = Float(bitPattern: sign | 0x7f80_0000 | significand << 13)
    default: self = Float(bitPattern: sign | (exponent + 127 - 15) << 23 | significand << 13)
    }
  }
}
