import TensorStream
import Testing

@Suite struct ClassDifferenceTests {
  @Test(arguments: [
    (["cat", "dog"], ["cat", "cow", "dog"], "its classes lack 'cow' of the model"),
    (["cat", "cow", "dog"], ["cat", "dog"], "its classes have 'cow', which the model lacks"),
    (["cat", "emu"], ["cat", "dog"], "its classes have 'emu', and lack 'dog' of the model"),
    (["dog", "cat"], ["cat", "dog"], "in another order: class 0 is 'dog' here, 'cat' there"),
    (["Cat", "dog"], ["cat", "dog"], "'Cat' and 'cat' of the model differ only in case"),
    (["hot dog", "cat"], ["hot-dog", "cat"], "differ only in blanks or dashes"),
    (["cafe\u{301}", "tea"], ["caf\u{E9}", "tea"], "differ only in the Unicode form of their letters"),
  ])
  func theTextNamesTheDifferenceAndARemedy(found: [String], wanted: [String], words: String) {
    let text = ClassDifference(found: found, wanted: wanted).text("the model")
    #expect(text.contains(words), "\(text)")
    #expect(text.contains("--classes"))
  }

  @Test func numbersAreOutOfPlaceUnlessTheyEqualTheirIndex() {
    #expect(["0", "1", "10", "2"].areNumbersOutOfPlace && ["1", "2"].areNumbersOutOfPlace)
    #expect(!["0", "1", "2"].areNumbersOutOfPlace && !["a", "1"].areNumbersOutOfPlace)
  }
}
