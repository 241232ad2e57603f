import ByteIO
import Testing

@Suite struct DisplayedNumbersTests {
  @Test(
    arguments: [
      (0, "0"), (-1, "-1"), (999, "999"), (-999, "-999"), (1000, "1,000"), (-1000, "-1,000"),
      (60_000, "60,000"), (100_000, "100,000"), (1_234_567, "1,234,567"),
      (.max, "9,223,372,036,854,775,807"), (.min, "-9,223,372,036,854,775,808"),
    ] as [(Int, String)])
  func thousandsAreGrouped(number: Int, text: String) {
    #expect(grouped(number) == text)
  }

  @Test(
    arguments: [
      (0, 2, "0.00"), (1, 1, "1.0"), (12.34, 4, "12.3400"), (99.996, 2, "100.00"), (0.0049, 2, "0.00"),
      (-1.25, 2, "-1.25"), (-0.5, 1, "-0.5"), (1234.5, 1, "1234.5"),
      // Exact halves, as Doubles and after multiplication by a power of ten.
      (0.5, 0, "1"), (1.5, 0, "2"), (2.5, 0, "3"), (-2.5, 0, "-3"), (0.125, 2, "0.13"), (-0.125, 2, "-0.13"),
      (0.375, 2, "0.38"), (0.49999999999999994, 0, "0"),
    ] as [(Double, Int, String)])
  func decimalsAreRoundedToTheNearest(value: Double, decimals: Int, text: String) {
    #expect(fixed(value, decimals: decimals) == text)
  }

  @Test(arguments: [(-0.0, 2, "0.00"), (-0.0, 0, "0"), (-0.04, 1, "0.0"), (-0.004, 2, "0.00")])
  func valuesThatRoundToZeroHaveNoSign(value: Double, decimals: Int, text: String) {
    #expect(fixed(value, decimals: decimals) == text)
  }

  /// 2⁵³ is 9,007,199,254,740,992.
  @Test(
    arguments: [
      (0x1p53 - 1, 0, "9007199254740991"), (-(0x1p53 - 1), 0, "-9007199254740991"),
      (90071992547409, 2, "90071992547409.00"), (0x1p53, 0, "\(0x1p53)"), (0x1p53, 1, "\(0x1p53)"),
      (1e300, 4, "1e+300"), (-1e300, 4, "-1e+300"), (.greatestFiniteMagnitude, 1, "1.7976931348623157e+308"),
      (.leastNonzeroMagnitude, 3, "0.000"), (0.1, 400, "0.1"),
    ] as [(Double, Int, String)])
  func numbersTooLargeForExactDecimalsAreWrittenAsSwiftDoes(value: Double, decimals: Int, text: String) {
    #expect(fixed(value, decimals: decimals) == text)
  }

  @Test(arguments: [0, 4])
  func infinitiesAndNaNAreNamed(decimals: Int) {
    #expect(fixed(.infinity, decimals: decimals) == "inf")
    #expect(fixed(-.infinity, decimals: decimals) == "-inf")
    #expect(fixed(.nan, decimals: decimals) == "nan")
  }
}
