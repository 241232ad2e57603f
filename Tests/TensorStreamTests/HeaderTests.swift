import Foundation
import Testing

@testable import TensorStream

@Suite struct HeaderTests {
  /// The headers of Fixtures/headers.py, in its order.
  static let headers: [ArrayHeader] = {
    var headers: [ArrayHeader] = []
    func add(_ content: RecordFormat.Content, _ hasLabels: Bool, _ width: Int, _ count: Int) {
      let format = RecordFormat(content: content, hasLabels: hasLabels, hasNames: width > 0)
      headers.append(.chunk(RecordLayout(format: format, nameByteCount: width), recordCount: count))
    }
    let widths = [0, 1, 37, 4096]
    for height in [1, 28, 100, 4096] {
      for width in [7, 28, 640, 1024] {
        for channels in [1, 3] {
          for hasLabels in [false, true] {
            for nameWidth in widths {
              let shape = ImageShape(height: height, width: width, channels: channels)
              add(.image(shape), hasLabels, nameWidth, 1024)
            }
          }
        }
      }
    }
    for hasLabels in [false, true] {
      for nameWidth in widths {
        for classCount in [1, 10, 256] { add(.prediction(classCount: classCount), hasLabels, nameWidth, 1) }
      }
    }
    for count in [1, 9, 10, 999, 1000, 1_000_000, 1_000_000_000_000] {
      add(.image(ImageShape(height: 28, width: 28, channels: 1)), true, 0, count)
    }
    headers += [1, 9, 10, 99, 100, 1000, 1 << 20, 1 << 24].map { .end(byteCount: $0) }
    return headers
  }()

  @Test func headersMatchThoseStoredFromNumPy() throws {
    let stored = try Data(contentsOf: fixture("headers.bin"))
    let ours = Self.headers.flatMap(\.bytes)
    #expect(Self.headers.count == 295)
    #expect(ours.count == stored.count)
    #expect(ours == Array(stored))
  }

  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }))
  func headersMatchThoseOfTheInstalledNumPy() throws {
    let output = try NumPy.run([fixture("headers.py").path])
    #expect(output == Self.headers.flatMap(\.bytes))
  }

  @Test func everyHeaderIsReadBack() throws {
    for header in Self.headers {
      let bytes = header.bytes
      #expect(bytes.count % 64 == 0)
      #expect(try ArrayHeader(parsing: bytes.dropFirst(ArrayHeader.preambleByteCount)) == header)
    }
  }

  @Test(arguments: [
    "{'descr': [('image', '|u1', (2, 3)), ('label', '|u1')], 'fortran_order': False, 'shape': (5,), }",
    "{'shape': (5,), 'fortran_order': False, 'descr': [('image', '|u1', (2, 3)), ('label', '|u1')]}",
    "{'fortran_order':False,'descr':[('image','|u1',(2,3,),),('label','|u1',),],'shape':(5,)}",
    "  { 'fortran_order' : False , 'shape' : ( 5 , ) , 'descr' : [ ( 'image' , '|u1' , ( 2 , 3 ) ) , ('label', '|u1') ] }   ",
  ])
  func keysComeInAnyOrderAndBlanksAnywhere(_ text: String) throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 2, width: 3, channels: 1)), hasLabels: true, hasNames: false)
    let expected = ArrayHeader.chunk(RecordLayout(format: format, nameByteCount: 0), recordCount: 5)
    #expect(try ArrayHeader(parsing: Array((text + "\n").utf8)) == expected)
  }

  @Test func aShapeIsPutIntoWordsForErrorsOptionsAndReports() {
    let grey = ImageShape(height: 28, width: 32, channels: 1)
    let color = ImageShape(height: 28, width: 32, channels: 3)
    #expect([grey.text, color.text] == ["28×32", "28×32×3"])
    #expect([grey.typedText, color.typedText] == ["28x32", "28x32x3"])
    #expect([grey.sizeText, color.sizeText] == ["28×32", "28×32"])
    #expect(["\(grey)", "\(color)"] == ["28x32 grey", "28x32 RGB"])
    #expect([grey.reportText, color.reportText] == ["28 × 32 grey", "28 × 32 RGB"])
  }
}
