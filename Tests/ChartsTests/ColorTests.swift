import Testing

@testable import Charts

@Suite struct ColorTests {
  private static let steps = (0...256).map { Double($0) / 256 }

  @Test(arguments: [ColorScale.right, .mistakes])
  func aScaleDarkensAllTheWay(_ scale: ColorScale) {
    let luminances = Self.steps.map { scale[$0].luminance }
    for (lighter, darker) in zip(luminances, luminances.dropFirst()) { #expect(darker < lighter) }
    #expect(luminances.first == 1)
    // Dark enough to differ clearly from white even in grey.
    #expect(luminances.last! < 0.1)
  }

  @Test(arguments: [ColorScale.right, .mistakes])
  func textIsReadableOnEveryColorOfAScale(_ scale: ColorScale) {
    for step in Self.steps { #expect(scale[step].textColor.contrast(with: scale[step]) >= 4.5) }
  }

  @Test(arguments: [ColorScale.right, .mistakes])
  func aScalePassesThroughItsStopsAndIsClampedAtItsEnds(_ scale: ColorScale) {
    for (index, stop) in scale.stops.enumerated() {
      let color = scale[Double(index) / Double(scale.stops.count - 1)]
      for (found, expected) in [(color.red, stop.red), (color.green, stop.green), (color.blue, stop.blue)] {
        #expect(abs(found - expected) <= 1e-5)
      }
    }
    #expect(scale[-1] == scale[0])
    #expect(scale[7] == scale[1])
  }

  @Test func contrastsMatchTheStandard() {
    #expect(abs(Color.black.contrast(with: .white) - 21) <= 1e-9)
    #expect(abs(Color(0x777777).contrast(with: .white) - 4.48) <= 0.005)
  }

  @Test func textColorsAreReadableOnWhite() {
    for color in [Color.ink, .note, .right, .wrong] { #expect(color.contrast(with: .white) >= 4.5) }
  }

  /// Protanopia and deuteranopia, after H. Brettel, F. Viénot and J. D. Mollon, 1997, in the linear form of Viénot,
  /// Brettel and Mollon, 1999: a colour is reduced to two numbers.
  @Test func rightAndWrongDifferWithoutRedOrGreen() {
    func linear(_ component: Double) -> Double { component * component }
    func protanope(_ color: Color) -> (Double, Double) {
      let (red, green, blue) = (linear(color.red), linear(color.green), linear(color.blue))
      return (0.11238 * red + 0.88762 * green, 0.00401 * red - 0.00401 * green + blue)
    }
    func deuteranope(_ color: Color) -> (Double, Double) {
      let (red, green, blue) = (linear(color.red), linear(color.green), linear(color.blue))
      return (0.29275 * red + 0.70725 * green, -0.02234 * red + 0.02234 * green + blue)
    }
    for seen in [protanope, deuteranope] {
      let (right, wrong) = (seen(.right), seen(.wrong))
      #expect(abs(right.1 - wrong.1) > 0.3)
    }
  }
}
