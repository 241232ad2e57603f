// Images as PNG files.
import ByteIO
import CPNG
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a PNG file: 8-bit grey or RGB, exactly the pixels, no gamma, no time and no text. The same pixels are the same
/// bytes wherever the same libpng and zlib are.
///
/// `pixels` are those of one image of this shape, [height, width, channels].
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
  public var description: String { "an image cannot be encoded as PNG: there is no memory for it" }
}
