// Encodes images as PNG files.
import ByteIO
import CPNG
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Returns the bytes of a PNG file: 8-bit grey or RGB, exactly the pixels, with no gamma, time or text. The same pixels
/// give the same bytes wherever libpng and zlib are the same.
///
/// `pixels` holds one image of the given shape, [height, width, channels].
///
/// - Complexity: O(n) for n bytes of pixels, in time and memory.
public func encodedPNG(_ pixels: some Collection<UInt8>, shape: ImageShape) throws(PNGEncodingError)
  -> [UInt8]
{
  precondition(pixels.count == shape.byteCount, "\(pixels.count) bytes for an image of \(shape)")
  precondition([1, 3].contains(shape.channels), "\(shape.channels) channels")
  var file: UnsafeMutablePointer<UInt8>?
  var byteCount = 0
  let status = Array(pixels).withUnsafeBufferPointer {
    cpng_write(
      $0.baseAddress, UInt32(shape.width), UInt32(shape.height), UInt32(shape.channels), &file, &byteCount)
  }
  guard status == 0 else { throw .outOfMemory }
  defer { free(file) }
  return Array(UnsafeBufferPointer(start: file, count: byteCount))
}

/// Why an image cannot be encoded.
public enum PNGEncodingError: Failure, Equatable {
  case outOfMemory

  public var kind: FailureKind { .inputOutput }
  public var description: String { "not enough memory to encode an image as PNG" }
}
