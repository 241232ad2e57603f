// Files of class weights: tables that are read, and tables that are refused with their name and line.

import ByteIO
import MemoryStreams
import Testing

@testable import Training

@Suite struct ClassWeightTableTests {
  private static let classes = ["T-shirt/top", "Ankle boot", "Bag"]

  private func values(_ text: String, classes: [String]? = classes) throws -> [Float?] {
    let source = MemorySource(Array(text.utf8), name: "w.tsv")
    let weights = try ClassWeights(reading: source, classes: classes, classCount: classes?.count ?? 3)
    #expect(weights.source == "w.tsv")
    return weights.values
  }

  @Test(
    arguments: [
      "T-shirt/top\t0.5\nAnkle boot\t2\nBag\t1e3\n", "Bag,1000\nT-shirt/top,.5\nAnkle boot,2",
      "Bag; 1000\r\nT-shirt/top; 0.5\r\nAnkle boot; 2\r\n", "Bag 1000\nT-shirt/top  0.5\nAnkle boot 2\n\n",
      "0\t0.5\n2\t1000\n1\t2\n", "\u{FEFF}0 0.5\n1 2\n2 1000\n",
      "class\tweight\nBag\t1000\nT-shirt/top\t0.5\nAnkle boot\t2\n",
      "images,Class Weight,label\n5,1000,Bag\n6,0.5,T-shirt/top\n7,2,\"Ankle boot\"\n",
    ])
  func tablesAreRead(_ text: String) throws {
    #expect(try values(text) == [0.5, 2, 1000])
  }

  @Test func withoutNamesNumbersDenoteClasses() throws {
    #expect(try values("2,3\n0,1\n1,2\n", classes: nil) == [1, 2, 3])
    // If classes have numbers for names, numbers are names.
    #expect(try values("2\t3\n1\t1\n7\t2\n", classes: ["7", "1", "2"]) == [2, 1, 3])
  }

  @Test func namesAreReadAsTheyArePrinted() throws {
    #expect(try values("a\\tb\t1\nc\\\\d\t2\n", classes: ["a\tb", "c\\d"]) == [1, 2])
  }

  @Test(
    arguments: [
      (
        "",
        "w.tsv: expected a weight for each of the 3 classes, found none for 'T-shirt/top' and 2 others; add a line with"
          + " the class, a tab and its weight for each"
      ),
      (
        "T-shirt/top\t1\nBag\t1\n",
        "w.tsv: expected a weight for each of the 3 classes, found none for 'Ankle boot'; add a line with the class, a"
          + " tab and its weight"
      ),
      (
        "0 1\nHat 2\n",
        "w.tsv: line 2: expected one of the 3 classes of the training images or its number, found 'Hat'"
      ),
      (
        "3 1\n",
        "w.tsv: line 1: expected one of the 3 classes of the training images or its number, found '3'"
      ),
      ("Bag 1\n\n2 1\n", "w.tsv: line 3: expected each class once, found '2' again (first in line 1)"),
      (
        "Bag\t0\n",
        "w.tsv: line 1: expected a weight from 0.000001 to 1000000, found '0'; to ignore a class, leave out its"
          + " images"
      ),
      ("Bag\t-1\n", "w.tsv: line 1: expected a weight from 0.000001 to 1000000, found '-1'"),
      ("Bag\tnan\n", "w.tsv: line 1: expected a weight from 0.000001 to 1000000, found 'nan'"),
      ("Bag\tinf\n", "w.tsv: line 1: expected a weight from 0.000001 to 1000000, found 'inf'"),
      ("Bag\t1e7\n", "w.tsv: line 1: expected a weight from 0.000001 to 1000000, found '1e7'"),
      ("Bag\t0x10\n", "w.tsv: line 1: expected a weight from 0.000001 to 1000000, found '0x10'"),
      ("Bag\t\n", "w.tsv: line 1: expected a weight from 0.000001 to 1000000, found ''"),
      ("Bag\n", "w.tsv: line 1: expected a class, a tab and its weight, found 1 column"),
      (
        "Bag\t1\t2\n",
        "w.tsv: line 1: expected a class, a tab and its weight, found 3 columns; to use more columns, add a header that"
          + " names 'class' and 'weight'"
      ),
      ("class\tweight\tn\nBag\t1\n", "w.tsv: line 2: expected 3 columns, as in the header, found 2"),
      (
        "\"Bag,1\n",
        "w.tsv: line 1: expected a closing quote (\") after the opening one, found the end of the file"
      ),
    ])
  func malformedTablesAreRefusedWithTheirLine(_ text: String, _ message: String) {
    #expect { try values(text) } throws: { error in
      let failure = error as? ClassWeightError
      return failure?.description == message && failure?.kind == .badData
    }
  }

  @Test func withoutNamesTheErrorAsksForNumbers() {
    #expect { try values("Bag 1\n", classes: nil) } throws: { error in
      "\(error)" == "w.tsv: line 1: expected one of the 3 classes of the training images, 0 to 2, found 'Bag'"
    }
  }

  @Test func errorsAboutOtherFilesNameTheFile() {
    for bytes in [[UInt8](repeating: 0xFF, count: 30), [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]] {
      #expect {
        try ClassWeights(
          reading: MemorySource(bytes, name: "w"), classes: Self.classes, classCount: 3)
      } throws: {
        error in "\(error)".hasPrefix("w: ")
      }
    }
  }
}
